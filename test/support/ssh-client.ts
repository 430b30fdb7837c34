import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type ErrorCode, hasCode, type HoldfastError, silentLogger } from '../../src/base/index.ts';
import { openLocalHost, openSshHost, type SshHost } from '../../src/hosts/index.ts';
import { requireSshd } from '../peers/index.ts';
import { type RunningSshd, startSshd } from './sshd.ts';
import { eventually, within } from './waiting.ts';

/** Long enough for a loaded machine. */
export const generousMs = 60_000;

/** A server of this test, or undefined after the test has been skipped with the reason; the caller returns then. */
export async function requireSshServer(t: TestContext): Promise<RunningSshd | undefined> {
  const sshd = await requireSshd(t);
  return sshd === undefined ? undefined : startSshd(sshd);
}

export interface SshClientOptions {
  /** Before the server's own settings, so that these win. */
  readonly options?: readonly string[];
  readonly signal?: AbortSignal;
  readonly connectTimeoutMs?: number;
}

/** The server as a host that Holdfast reaches. */
export function sshClient(server: RunningSshd, options: SshClientOptions = {}): SshHost {
  const target = {
    destination: server.name,
    options: [...(options.options ?? []), '-F', server.clientConfig],
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
  };
  const signal = options.signal ?? new AbortController().signal;
  return openSshHost(target, { signal, log: silentLogger });
}

/** The error that work fails with, which has to have this code. */
export async function failureOf(work: Promise<unknown>, code: ErrorCode): Promise<HoldfastError> {
  const outcome = work.then(
    () => 'no failure',
    (reason: unknown) => reason,
  );
  const error = await within(generousMs, `a failure with ${code}`, outcome);
  assert.ok(hasCode(error, code), `not ${code}: ${String(error)}`);
  return error;
}

/** Whether a process of this machine lives that has this argument. */
export async function lives(argument: string): Promise<boolean> {
  return (await openLocalHost().processes()).some(({ argv }) => argv.includes(argument));
}

/** Waits until something is so. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await eventually(generousMs, what, async () => ((await isSo()) ? true : undefined));
}
