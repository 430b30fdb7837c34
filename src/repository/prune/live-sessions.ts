import { errnoOf, HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
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

interface SortedSessions {
  /** Those whose processes may still be at work. */
  readonly live: readonly StoredSession[];
  readonly dead: readonly StoredSession[];
}

/** All sessions; nothing is changed. */
export async function sortSessions(
  repository: Repository,
  { storeNowMs, isGone }: Pick<SessionLook, 'storeNowMs' | 'isGone'>,
  signal: AbortSignal,
): Promise<SortedSessions> {
  const isDead = ({ statement, stat }: StoredSession) =>
    storeNowMs - stat.modifiedMs > longestSessionMs || (!isHoldfastError(statement) && isGone(statement));
  const sessions = await listSessions(repository, signal);
  return { live: sessions.filter((session) => !isDead(session)), dead: sessions.filter(isDead) };
}

/** All sessions but the own one whose processes may still be at work. Dead ones are deleted. */
export async function liveSessions(
  repository: Repository,
  look: SessionLook,
  ctx: OperationContext,
): Promise<readonly StoredSession[]> {
  const { live, dead } = await sortSessions(repository, look, ctx.signal);
  for (const { name } of dead) {
    if (name === look.session.name) continue;
    ctx.log.info('a process did not come to an end: its session goes', { session: name });
    await deleteSession(repository, name, ctx.signal);
  }
  return live.filter(({ name }) => name !== look.session.name);
}

/** Whether a session keeps pruners away. One that cannot be read may be a writer's. */
export function isPruner({ statement }: StoredSession): boolean {
  if (isHoldfastError(statement)) return false;
  return statement.purpose === 'prune' || statement.purpose === 'rebuild-index';
}

/** Errors: REPOSITORY_BUSY. */
export function requireNoPruner(sessions: readonly StoredSession[]): void {
  const other = sessions.find(isPruner);
  if (other === undefined || isHoldfastError(other.statement)) return;
  const { host, processId, since, purpose } = other.statement;
  throw new HoldfastError(
    'REPOSITORY_BUSY',
    `process ${processId} on ${host} does a ${purpose} of the repository since ${since}`,
    { details: { session: other.name, host, processId } },
  );
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
