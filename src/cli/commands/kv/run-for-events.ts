import { spawn } from 'node:child_process';
import { HoldfastError } from '../../../base/index.ts';
import type { Event, WatchResponse } from '../../../etcd/index.ts';
import type { CommandHost, CliStream } from '../../command/index.ts';
import { formatGoQuoted } from '../../output/index.ts';
import { eventType } from '../../output/views/index.ts';

/** Runs a program once for each event, one after the other. Errors: USAGE (it cannot be started), COMMAND_FAILED. */
export async function runForEvents(
  command: readonly string[],
  response: WatchResponse,
  host: CommandHost,
): Promise<void> {
  const revision = (response.header?.revision ?? 0n).toString();
  for (const event of response.events) await runProgram(command, eventEnvironment(event, revision), host);
}

/** etcdctl's variables; key and value are quoted as Go quotes, because the environment holds text only. */
function eventEnvironment(event: Event, revision: string): Record<string, string> {
  return {
    ETCD_WATCH_REVISION: revision,
    ETCD_WATCH_EVENT_TYPE: formatGoQuoted(eventType(event)),
    ETCD_WATCH_KEY: formatGoQuoted(event.kv?.key ?? ''),
    ETCD_WATCH_VALUE: formatGoQuoted(event.kv?.value ?? ''),
  };
}

function runProgram(
  [file = '', ...args]: readonly string[],
  environment: Record<string, string>,
  { io, ctx }: CommandHost,
): Promise<void> {
  const child = spawn(file, args, {
    env: { ...io.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: ctx.signal,
  });
  pass(child.stdout, io.stdout);
  pass(child.stderr, io.stderr);
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      reject(new HoldfastError('USAGE', `cannot run ${file}: ${cause.message}`, { cause }));
    });
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new HoldfastError('COMMAND_FAILED', `${file} ended with ${status ?? signal ?? 'nothing'}`));
    });
  });
}

function pass(from: NodeJS.ReadableStream, to: CliStream): void {
  from.on('data', (chunk: Uint8Array) => to.write(chunk));
}
