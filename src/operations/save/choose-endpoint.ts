import { HoldfastError, isHoldfastError, type OperationContext } from '../../base/index.ts';
import type { EtcdClient, StatusResponse } from '../../etcd/index.ts';

export interface ChosenEndpoint {
  readonly endpoint: string;
  /** Why this one; empty when there was no choice. */
  readonly reason: string;
}

interface Candidate {
  readonly endpoint: string;
  readonly status: StatusResponse;
  readonly standing: Standing;
}

/** From the best to save from to the worst. A learner is no candidate at all. */
const standings = ['follower', 'leader', 'without a leader', 'with a corruption alarm'] as const;
type Standing = (typeof standings)[number];

const statusTimeoutMs = 5000;

/**
 * Asks every endpoint for its status and chooses: a follower rather than the leader, which has enough to do; among
 * equals the one that has applied most. A member without a leader, or with a corruption alarm, is taken only when
 * there is nothing better, with a warning: in a disaster its data may be the best there is.
 *
 * Errors: ETCD_UNREACHABLE and the like when nobody answers, ETCD_UNAVAILABLE when only learners do.
 */
export async function chooseEndpoint(client: EtcdClient, ctx: OperationContext): Promise<ChosenEndpoint> {
  const failures: HoldfastError[] = [];
  const candidates: Candidate[] = [];
  const asked = client.endpoints.map(async (endpoint) => {
    try {
      const options = { endpoint, timeoutMs: statusTimeoutMs, signal: ctx.signal };
      const status = await client.maintenance.status({}, options);
      if (status.isLearner) ctx.log.info('endpoint passed over: learner', { endpoint });
      else candidates.push({ endpoint, status, standing: standingOf(status) });
    } catch (error) {
      if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
      ctx.log.warn('endpoint passed over', { endpoint, reason: error.message });
      failures.push(error);
    }
  });
  await Promise.all(asked);
  const best = pickBest(candidates, client.endpoints);
  if (best === undefined) throw nobody(client.endpoints, failures);
  return report(best, candidates.length, ctx);
}

function standingOf(status: StatusResponse): Standing {
  if (status.errors.some((text) => text.includes('CORRUPT'))) return 'with a corruption alarm';
  if (status.leader === 0n) return 'without a leader';
  return status.leader === status.header?.memberId ? 'leader' : 'follower';
}

function pickBest(candidates: readonly Candidate[], order: readonly string[]): Candidate | undefined {
  return candidates.toSorted(
    (a, b) =>
      standings.indexOf(a.standing) - standings.indexOf(b.standing) ||
      Number(b.status.raftAppliedIndex - a.status.raftAppliedIndex) ||
      order.indexOf(a.endpoint) - order.indexOf(b.endpoint),
  )[0];
}

function report(best: Candidate, candidates: number, ctx: OperationContext): ChosenEndpoint {
  const { endpoint, standing, status } = best;
  const reason = `${standing}, applied index ${status.raftAppliedIndex}, one of ${candidates} voting members that answered`;
  ctx.log.info('endpoint chosen', { endpoint, reason });
  if (standing === 'without a leader' || standing === 'with a corruption alarm') {
    const message = `no healthy member answered; saving from ${endpoint}, a member ${standing}`;
    ctx.events({ type: 'warning', code: 'member-not-healthy', message });
  }
  return { endpoint, reason };
}

function nobody(endpoints: readonly string[], failures: readonly HoldfastError[]): HoldfastError {
  const [first] = failures;
  if (first === undefined || failures.length < endpoints.length) {
    return new HoldfastError('ETCD_UNAVAILABLE', 'none of the endpoints that answered is a voting member', {
      hint: 'Add the endpoint of a voting member; a learner may lag far behind.',
      details: { endpoints },
    });
  }
  const sameCode = failures.every((failure) => failure.code === first.code);
  const why = failures.map((failure) => failure.message).join('; ');
  return new HoldfastError(sameCode ? first.code : 'ETCD_UNREACHABLE', `no endpoint answered: ${why}`, {
    details: { endpoints },
    cause: first,
  });
}
