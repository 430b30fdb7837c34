import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { HoldfastError, type OperationContext } from '../../base/index.ts';
import { decodeSession, encodeSession, newStamp, type SessionStatement } from '../records/index.ts';
import { listSealed, type NamedStatement, putSealed, type SealedStore } from './small-objects.ts';

const directory = 'sessions/';

/** A session of this process. Disposing it deletes it. */
export interface Session extends AsyncDisposable {
  /** `sessions/<stamp>` */
  readonly name: string;
  /** Errors: REPOSITORY_SESSION_LOST when somebody took it for dead: nothing may be finished any more. */
  check(signal?: AbortSignal): Promise<void>;
}

/** Puts a session. To be done before anything of the repository is looked at that must stay as it is. */
export async function openSession(
  store: SealedStore,
  purpose: SessionStatement['purpose'],
  ctx: OperationContext,
): Promise<Session> {
  const now = ctx.clock.now();
  const name = `${directory}${newStamp(now)}`;
  const statement = { ...thisProcess(), since: new Date(now).toISOString(), purpose };
  await putSealed(store, { kind: 'session', name }, encodeSession(statement), ctx.signal);
  return {
    name,
    async check(signal) {
      if ((await store.storage.stat(name, { signal })) !== undefined) return;
      throw new HoldfastError('REPOSITORY_SESSION_LOST', `${name} was deleted while it was in use`);
    },
    // Without the caller's signal: it is to go away after an interruption too.
    [Symbol.asyncDispose]: () => store.storage.delete(name),
  };
}

/** Who this process is, for others to find out whether it is still there. */
export function thisProcess(): Pick<SessionStatement, 'host' | 'boot' | 'processId'> {
  return { host: hostname(), boot: bootId(), processId: process.pid };
}

/**
 * Where a process id means a process: this run of the kernel, and in it this namespace of process ids. Containers of one
 * host may have the host's name, and see none of its processes.
 */
function bootId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // Without it nobody can tell that the process is gone; its age still counts.
    return '';
  }
}

export type StoredSession = NamedStatement<SessionStatement>;

/** All sessions, dead ones too; also those that cannot be read, which count as alive until they are old. */
export function listSessions(store: SealedStore, signal?: AbortSignal): Promise<StoredSession[]> {
  return listSealed(store, 'session', directory, decodeSession, signal);
}

export function deleteSession({ storage }: SealedStore, name: string, signal?: AbortSignal): Promise<void> {
  return storage.delete(name, { signal });
}
