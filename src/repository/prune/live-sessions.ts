import { errnoOf, isHoldfastError, type OperationContext } from '../../base/index.ts';
import {
  deleteSession,
  listSessions,
  type Repository,
  type Session,
  type StoredSession,
  thisProcess,
} from '../open/index.ts';
import type { SessionStatement } from '../records/index.ts';

/** After so long by the store's clock a session is taken for dead. */
const longestSessionMs = 24 * 3_600_000;

export interface SessionLook {
  /** The own session, which is not among the result. */
  readonly session: Session;
  /** The time now, by the store's clock. */
  readonly storeNowMs: number;
  /** Whether a process is known to be gone. */
  readonly isGone: (session: SessionStatement) => boolean;
}

/** All sessions but the own one whose processes may still be at work. Dead ones are deleted. */
export async function liveSessions(
  repository: Repository,
  look: SessionLook,
  ctx: OperationContext,
): Promise<readonly StoredSession[]> {
  const live: StoredSession[] = [];
  for (const session of await listSessions(repository, ctx.signal)) {
    if (session.name === look.session.name) continue;
    const { statement, stat } = session;
    const isOld = look.storeNowMs - stat.modifiedMs > longestSessionMs;
    if (isOld || (!isHoldfastError(statement) && look.isGone(statement))) {
      ctx.log.info('a process did not come to an end: its session goes', { session: session.name });
      await deleteSession(repository, session.name, ctx.signal);
    } else live.push(session);
  }
  return live;
}

/** Whether a session keeps pruners away. One that cannot be read may be a writer's. */
export function isPruner({ statement }: StoredSession): boolean {
  if (isHoldfastError(statement)) return false;
  return statement.purpose === 'prune' || statement.purpose === 'rebuild-index';
}

/**
 * Whether the process of a session is known to be gone: it was one of this run of this host, and there is none of its
 * number. Of others nobody knows.
 */
export function isProcessGone({ host, boot, processId }: SessionStatement): boolean {
  const here = thisProcess();
  if (here.boot === '' || host !== here.host || boot !== here.boot || processId === 0) return false;
  try {
    process.kill(processId, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
}
