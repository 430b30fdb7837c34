import { HoldfastError, type OperationContext } from '../../../base/index.ts';
import type { SshSession } from '../../../hosts/index.ts';
import { formatExact, parseExact } from '../journal/index.ts';
import { unpackError } from './error-wire.ts';
import { aliveEveryMs, type SessionMessage, type SessionMethod } from './protocol.ts';

/** Requests to the program on another host. Disposing ends that program. */
export interface SessionClient extends AsyncDisposable {
  /** Errors: those of the other side, HOST_UNREACHABLE and HOST_COMMAND_FAILED when it goes away. */
  call(method: SessionMethod, params: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
}

interface OpenRequest {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** @param version that of this program: another one on the host might mean other things by the same words */
export function openSessionClient(
  session: SshSession,
  host: string,
  version: string,
  ctx: OperationContext,
): SessionClient {
  const open = new Map<number, OpenRequest>();
  let nextId = 1;
  let gone: Error | undefined;
  const fail = (error: unknown) => {
    clearInterval(signs);
    gone ??= error instanceof Error ? error : new Error(String(error));
    for (const { reject } of open.values()) reject(gone);
    open.clear();
  };
  const signs = setInterval(() => void session.send(formatExact({ alive: true })).catch(fail), aliveEveryMs);
  const take = (message: SessionMessage) => {
    if ('ready' in message) checkVersion(message.ready.version, version, host);
    else if ('event' in message) ctx.events(message.event);
    else if ('log' in message)
      ctx.log[message.log.level](message.log.message, { host, ...message.log.fields });
    else settle(open, message, host);
  };
  const reading = (async () => {
    try {
      for await (const line of session.lines) take(parseExact(line) as SessionMessage);
      fail(new HoldfastError('HOST_UNREACHABLE', `${host}: the connection has ended`, { details: { host } }));
    } catch (error) {
      fail(error);
    }
  })();
  return {
    async call(method, params, signal) {
      if (gone !== undefined) throw gone;
      const id = nextId++;
      const answered = new Promise<unknown>((resolve, reject) => open.set(id, { resolve, reject }));
      const stop = () => void session.send(formatExact({ stop: id })).catch(fail);
      signal?.addEventListener('abort', stop);
      try {
        await session.send(formatExact({ id, method, params }));
        if (signal?.aborted === true) stop();
        return await answered;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(signs);
      await session[Symbol.asyncDispose]();
      await reading;
    },
  };
}

function settle(
  open: Map<number, OpenRequest>,
  message: Extract<SessionMessage, { readonly id: number }>,
  host: string,
): void {
  const request = open.get(message.id);
  open.delete(message.id);
  if ('error' in message) request?.reject(unpackError(message.error, host));
  else request?.resolve(message.result);
}

function checkVersion(found: string, wanted: string, host: string): void {
  if (found === wanted) return;
  throw new HoldfastError('HOST_COMMAND_FAILED', `${host} runs holdfast ${found}, this is ${wanted}`, {
    hint: 'Run "npm run package" again, so that the program that is placed on hosts is the one that runs here.',
    details: { host },
  });
}
