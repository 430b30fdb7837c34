import type { Peer } from '../peers/index.ts';
import { type Json, parseJson } from './lossless-json.ts';
import type { Pki } from './pki.ts';
import { CommandFailed, type RunOptions, type RunResult, runCommand } from './run-command.ts';

/** What etcdctl talks to; an `EtcdServer` is one. */
export interface EtcdctlTarget {
  readonly peer: Peer;
  readonly clientUrl: string;
  readonly tls: Pki | undefined;
}

export interface EtcdctlOptions extends Partial<RunOptions> {
  /** Instead of the target's own client URL. */
  readonly endpoints?: readonly string[];
}

/** etcdctl's own limit of five seconds is short for a disk that several tests write to at once. */
export const patience = '--command-timeout=50s';

/** Runs the target's own etcdctl against it and resolves whatever its exit status. */
export function runEtcdctl(
  target: EtcdctlTarget,
  args: readonly string[],
  options: EtcdctlOptions = {},
): Promise<RunResult> {
  const endpoints = options.endpoints ?? [target.clientUrl];
  return runCommand(
    target.peer.etcdctl,
    [`--endpoints=${endpoints.join(',')}`, patience, ...etcdctlTlsFlags(target.tls), ...args],
    { timeoutMs: 60_000, ...options, env: { ETCDCTL_API: '3', ...options.env } },
  );
}

/** Runs etcdctl, which has to succeed, and resolves with its standard output. */
export async function etcdctl(
  target: EtcdctlTarget,
  args: readonly string[],
  options: EtcdctlOptions = {},
): Promise<string> {
  return succeeded('etcdctl', args, await runEtcdctl(target, args, options)).stdout;
}

/** Runs etcdctl with `-w json` and parses its answer without losing digits. */
export async function etcdctlJson(
  target: EtcdctlTarget,
  args: readonly string[],
  options: EtcdctlOptions = {},
): Promise<Json> {
  return parseJson(await etcdctl(target, ['-w', 'json', ...args], options));
}

/** The TLS flags that etcdctl and holdfast share. */
export function etcdctlTlsFlags(tls: Pki | undefined): string[] {
  if (tls === undefined) return [];
  return [`--cacert=${tls.caFile}`, `--cert=${tls.client.certFile}`, `--key=${tls.client.keyFile}`];
}

/** Runs etcdutl, or what does its work in 3.4, and resolves whatever its exit status. */
export function runEtcdutl(
  peer: Peer,
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<RunResult> {
  return runCommand(peer.etcdutl ?? peer.etcdctl, args, {
    timeoutMs: 120_000,
    ...options,
    env: { ETCDCTL_API: '3', ...options.env },
  });
}

/** Runs etcdutl, which has to succeed, and resolves with its standard output. */
export async function etcdutl(
  peer: Peer,
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<string> {
  return succeeded('etcdutl', args, await runEtcdutl(peer, args, options)).stdout;
}

function succeeded(program: string, args: readonly string[], result: RunResult): RunResult {
  if (result.exitCode === 0) return result;
  throw new CommandFailed(
    program,
    args,
    result,
    `ended with ${result.exitCode ?? result.signal ?? 'nothing'}`,
  );
}
