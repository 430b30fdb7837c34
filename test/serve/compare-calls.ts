/** Runs a call of etcdctl against the real etcd and against ours, and compares what it prints and how it ends. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { spawn } from 'node:child_process';
import { patience } from '../support/etcdctl.ts';
import { environment } from '../support/run-command.ts';
import { within } from '../support/waiting.ts';
import type { Peer } from '../peers/index.ts';
import type { ReadCall } from './read-calls.ts';

export interface Servers {
  readonly real: string;
  readonly ours: string;
}

/** A watch may have a whole script to look on at. */
const callLimitMs = 240_000;

export type Side = keyof Servers;
const sides: readonly Side[] = ['real', 'ours'];

/** What etcdctl said and how it ended; undefined for one that does not end by itself. */
export interface Outcome {
  readonly exitCode: number | null | undefined;
  readonly stdout: string;
  /** Without lines of a log, which have times in them. */
  readonly stderr: string;
}

/** Throws unless both answer the same. */
export async function sameAnswer(
  peer: Peer,
  servers: Servers,
  call: ReadCall,
  mask: (text: string, call: ReadCall, side: Side) => string = (text) => text,
): Promise<Outcome> {
  const [expected, actual] = await Promise.all(
    sides.map(async (side) => {
      const url = servers[side];
      const args = call.argsOf?.(side) ?? call.args;
      const { stdout, stderr, exitCode } = await runCall(peer, url, { ...call, args });
      const masked = (text: string) =>
        mask(text, call, side).replaceAll(url.slice(url.lastIndexOf(':') + 1), 'PORT');
      return { exitCode, stdout: masked(stdout), stderr: masked(stderr) };
    }),
  );
  assert.deepEqual(actual, expected, `etcdctl ${peer.version} ${call.args.join(' ')}`);
  return expected!;
}

/** Works through calls, two at a time: each is one process for the real etcd and one for ours. */
export async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

async function runCall(peer: Peer, url: string, { args, isComplete, input }: ReadCall): Promise<Outcome> {
  const child = spawn(peer.etcdctl, [`--endpoints=${url}`, patience, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment({ ETCDCTL_API: '3' }),
  });
  // It may end without having read.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const chunks: Buffer[] = [];
  let stderr = '';
  let wasComplete = false as boolean;
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (isComplete?.(Buffer.concat(chunks).toString()) !== true) return;
    wasComplete = true;
    child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    const exitCode = await within(callLimitMs, `etcdctl ${args.join(' ')}`, ended);
    const stdout = textOf(Buffer.concat(chunks));
    return { exitCode: wasComplete ? undefined : exitCode, stdout, stderr: withoutLog(stderr) };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}; printed: ${textOf(Buffer.concat(chunks))}${stderr}`, { cause: error });
  }
}

/** What is no text keeps each of its bytes. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

function withoutLog(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !/^(\{"level"|\d{4}[-/]\d\d[-/]\d\d)/.test(line))
    .join('\n');
}
