/**
 * The text of a transaction. Source of the fact: etcdctl/ctlv3/command/{txn_command,util}.go, 3.7.3, tried with
 * 3.5 to 3.7.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  type CompareSchema,
  type RequestOpSchema,
  type TxnRequestSchema,
} from '../../../etcd/index.ts';
import { type FlagValues, parseInput, parsePlainInteger, usageError } from '../../command/index.ts';
import { unquoteGo, wordBytes } from '../../input/index.ts';
import { delCommand } from './del.ts';
import { getCommand } from './get.ts';
import type { delFlags, getFlags, putFlags } from './key-flags.ts';
import { putCommand } from './put.ts';
import { deleteRequest, putRequest, rangeRequest } from './requests.ts';

export interface TxnText {
  readonly compares: readonly string[];
  readonly success: readonly string[];
  readonly failure: readonly string[];
}

/** Errors: USAGE, with the line. */
export function parseTxn(text: TxnText): MessageInitShape<typeof TxnRequestSchema> {
  return {
    compare: text.compares.map(parseCompare),
    success: text.success.map(parseRequest),
    failure: text.failure.map(parseRequest),
  };
}

const results: Readonly<Record<string, Compare_CompareResult>> = {
  '=': Compare_CompareResult.EQUAL,
  '!=': Compare_CompareResult.NOT_EQUAL,
  '>': Compare_CompareResult.GREATER,
  '<': Compare_CompareResult.LESS,
};

type CompareInit = MessageInitShape<typeof CompareSchema>;
type TargetUnion = NonNullable<CompareInit['targetUnion']>;

interface Target {
  readonly target: Compare_CompareTarget;
  readonly read: (value: string) => TargetUnion | undefined;
}

const version = numberTarget(Compare_CompareTarget.VERSION, (value) => ({ case: 'version', value }));
const create = numberTarget(Compare_CompareTarget.CREATE, (value) => ({ case: 'createRevision', value }));
const mod = numberTarget(Compare_CompareTarget.MOD, (value) => ({ case: 'modRevision', value }));
const value: Target = {
  target: Compare_CompareTarget.VALUE,
  read: (text) => ({ case: 'value', value: wordBytes(text) }),
};
const lease = numberTarget(Compare_CompareTarget.LEASE, (id) => ({ case: 'lease', value: id }), 16);

const targets: Readonly<Record<string, Target>> = {
  ver: version,
  version,
  c: create,
  create,
  m: mod,
  mod,
  val: value,
  value,
  lease,
};

function numberTarget(
  target: Compare_CompareTarget,
  union: (value: bigint) => TargetUnion,
  base: 10 | 16 = 10,
): Target {
  return {
    target,
    read(text) {
      const number = parsePlainInteger(text, base);
      return number === undefined ? undefined : union(number);
    },
  };
}

const literal = '"(?:[^"\\\\]|\\\\.)*"|`[^`]*`';
const comparison = new RegExp(`^([^(]*)\\(\\s*(${literal})\\)\\s+(\\S+)\\s+(${literal})`, 's');

function parseCompare(line: string): CompareInit {
  const [, name = '', key = '', operator = '', text = ''] = comparison.exec(line) ?? [];
  const hint = 'Write TARGET("key") OP "value", as in mod("a") > "0".';
  const target = targets[name];
  if (name !== '' && target === undefined)
    throw usageError(`malformed comparison: ${line} (unknown target ${name})`, hint);
  const keyWord = unquoteGo(key);
  const valueWord = unquoteGo(text);
  const result = results[operator];
  if (target === undefined || keyWord === undefined || valueWord === undefined || result === undefined)
    throw usageError(`malformed comparison: ${line}`, hint);
  const targetUnion = target.read(valueWord);
  if (targetUnion === undefined) throw usageError(`invalid txn compare request: ${line}`, hint);
  return { result, target: target.target, key: wordBytes(keyWord), targetUnion };
}

const words = /"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g;

/** Words of a line: plain, 'as they stand' or "with escapes". Errors: USAGE. */
export function splitWords(line: string): string[] {
  return Array.from(line.matchAll(words), ([word]) => {
    if (word.startsWith("'")) return word.slice(1, -1);
    if (!word.startsWith('"')) return word;
    const unquoted = unquoteGo(word);
    if (unquoted === undefined) throw usageError(`bad escape in ${word}`);
    return unquoted;
  });
}

function parseRequest(line: string): MessageInitShape<typeof RequestOpSchema> {
  const [verb, ...rest] = splitWords(line);
  if (verb === undefined || rest.length === 0) throw usageError(`invalid txn request: ${line}`);
  switch (verb) {
    case 'put': {
      const { args, flags } = parseInput(putCommand, rest);
      const put = flags as FlagValues<typeof putFlags>;
      if (args.length < 2 && !put['ignore-value'])
        throw usageError(`invalid txn request: ${line}`, 'A put needs a value.');
      return { request: { case: 'requestPut', value: putRequest(args, wordBytes(args[1] ?? ''), put) } };
    }
    case 'get': {
      const { args, flags } = parseInput(getCommand, rest);
      const range = rangeRequest(args, flags as FlagValues<typeof getFlags>);
      return { request: { case: 'requestRange', value: range } };
    }
    case 'del': {
      const { args, flags } = parseInput(delCommand, rest);
      const range = deleteRequest(args, flags as FlagValues<typeof delFlags>);
      return { request: { case: 'requestDeleteRange', value: range } };
    }
    default:
      throw usageError(`invalid txn request: ${line}`, 'A request begins with get, put or del.');
  }
}
