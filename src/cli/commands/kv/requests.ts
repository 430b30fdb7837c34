/**
 * From the words of get, put and del to requests. The lines of a transaction use the same.
 * Source of the fact: etcdctl/ctlv3/command/{get,put,del}_command.go, 3.7.3.
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type DeleteRangeRequestSchema,
  prefixEnd,
  type PutRequestSchema,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RangeRequestSchema,
} from '../../../etcd/index.ts';
import { type FlagValues, parsePlainInteger, usageError } from '../../command/index.ts';
import { wordBytes } from '../../input/index.ts';
import type { delFlags, getFlags, putFlags } from './key-flags.ts';

const sortTargets: Readonly<Record<string, RangeRequest_SortTarget>> = {
  '': RangeRequest_SortTarget.KEY,
  KEY: RangeRequest_SortTarget.KEY,
  CREATE: RangeRequest_SortTarget.CREATE,
  MODIFY: RangeRequest_SortTarget.MOD,
  VALUE: RangeRequest_SortTarget.VALUE,
  VERSION: RangeRequest_SortTarget.VERSION,
};

const sortOrders: Readonly<Record<string, RangeRequest_SortOrder>> = {
  '': RangeRequest_SortOrder.NONE,
  ASCEND: RangeRequest_SortOrder.ASCEND,
  DESCEND: RangeRequest_SortOrder.DESCEND,
};

const zeroByte = new Uint8Array(1);

interface RangeFlags {
  readonly prefix: boolean;
  readonly 'from-key': boolean;
}

/** Key and range_end of `KEY [RANGE_END]` with --prefix or --from-key. Errors: USAGE. */
export function keyRange(
  args: readonly string[],
  flags: RangeFlags,
): { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array } {
  const [key = '', rangeEnd] = args;
  if (flags.prefix && flags['from-key'])
    throw usageError('`--prefix` and `--from-key` cannot be set at the same time, choose one');
  if (rangeEnd !== undefined && (flags.prefix || flags['from-key']))
    throw usageError('too many arguments, only accept one argument when `--prefix` or `--from-key` is set');
  const start = wordBytes(key);
  if (rangeEnd !== undefined) return { key: start, rangeEnd: wordBytes(rangeEnd) };
  if (!flags.prefix && !flags['from-key']) return { key: start };
  if (start.length === 0) return { key: zeroByte, rangeEnd: zeroByte };
  return { key: start, rangeEnd: flags.prefix ? prefixEnd(start) : zeroByte };
}

/** Errors: USAGE. */
export function rangeRequest(
  args: readonly string[],
  flags: FlagValues<typeof getFlags>,
): MessageInitShape<typeof RangeRequestSchema> {
  if (flags['keys-only'] && flags['count-only'])
    throw usageError('`--keys-only` and `--count-only` cannot be set at the same time, choose one');
  refuseCrossed('create', flags['min-create-rev'], flags['max-create-rev']);
  refuseCrossed('mod', flags['min-mod-rev'], flags['max-mod-rev']);
  return {
    ...keyRange(args, flags),
    ...sortOf(flags.order ?? '', flags['sort-by'] ?? ''),
    limit: flags.limit,
    revision: flags.rev > 0n ? flags.rev : 0n,
    serializable: flags.consistency === 's',
    keysOnly: flags['keys-only'],
    countOnly: flags['count-only'],
    minCreateRevision: flags['min-create-rev'],
    maxCreateRevision: flags['max-create-rev'],
    minModRevision: flags['min-mod-rev'],
    maxModRevision: flags['max-mod-rev'],
  };
}

function refuseCrossed(kind: string, minimum: bigint, maximum: bigint): void {
  if (maximum > 0n && minimum > maximum)
    throw usageError(
      `--min-${kind}-rev ${minimum.toString()} is above --max-${kind}-rev ${maximum.toString()}`,
    );
}

function sortOf(order: string, target: string) {
  const sortOrder = sortOrders[order.toUpperCase()];
  const sortTarget = sortTargets[target.toUpperCase()];
  if (sortOrder === undefined) throw usageError(`bad sort order ${order}`, 'Choose ASCEND or DESCEND.');
  if (sortTarget === undefined)
    throw usageError(`bad sort target ${target}`, 'Choose CREATE, KEY, MODIFY, VALUE or VERSION.');
  // Keys come in ascending order anyway; asked for an order the server would read the whole range before it limits.
  const isNatural = sortTarget === RangeRequest_SortTarget.KEY && sortOrder === RangeRequest_SortOrder.ASCEND;
  return { sortTarget, sortOrder: isNatural ? RangeRequest_SortOrder.NONE : sortOrder };
}

/** Errors: USAGE. */
export function putRequest(
  [key = '', value]: readonly string[],
  valueBytes: Uint8Array,
  flags: FlagValues<typeof putFlags>,
): MessageInitShape<typeof PutRequestSchema> {
  if (flags['ignore-value'] && value !== undefined)
    throw usageError("put command needs only 1 argument when 'ignore-value' is set");
  const lease = parsePlainInteger(flags.lease, 16);
  if (lease === undefined) throw usageError(`bad lease ID "${flags.lease}", expecting ID in Hex`);
  return {
    key: wordBytes(key),
    value: valueBytes,
    lease,
    prevKv: flags['prev-kv'],
    ignoreValue: flags['ignore-value'],
    ignoreLease: flags['ignore-lease'],
  };
}

/** Errors: USAGE. */
export function deleteRequest(
  args: readonly string[],
  flags: FlagValues<typeof delFlags>,
): MessageInitShape<typeof DeleteRangeRequestSchema> {
  return { ...keyRange(args, flags), prevKv: flags['prev-kv'] };
}
