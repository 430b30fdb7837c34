import { get as getHttp } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { hasCode, waitUntil } from '../../../base/index.ts';
import type { PlannedMember } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';

/** Past this nobody waits for the others: one of their hosts may be lost. */
const limitMs = 10_000;
const askTimeoutMs = 1000;

/**
 * Waits until the members of the hosts named before this one answer their peers, so that members start one after the
 * other. A member that is told to compare its data first, as kubeadm tells it, asks each of the others before it answers
 * any: started all at once, each of them waits 7 s for every other. A port where nobody listens yet costs nothing.
 * Source: server/etcdserver/corrupt.go, InitialCheck and getPeerHashKVs (3.5.21).
 */
export async function waitForPeersBefore(work: StepWork): Promise<void> {
  await waitForTurn(work, { answering: true });
}

/**
 * Waits until those members have stopped, so that members stop one after the other: a leader hands over to a member that
 * runs, and waits 7 s for one that is stopping, too. Source: server/etcdserver/server.go, TryTransferLeadershipOnShutdown
 * (3.5.21).
 */
export async function waitForPeersBeforeToStop(work: StepWork): Promise<void> {
  await waitForTurn(work, { answering: false });
}

async function waitForTurn(
  { host, plan, ctx }: StepWork,
  { answering }: { readonly answering: boolean },
): Promise<void> {
  const before = plan.hosts.slice(0, plan.hosts.indexOf(host));
  const left = new Set(before.map(({ member }) => member));
  if (left.size === 0) return;
  const look = async () => {
    for (const member of left) if ((await answersPeers(member)) === answering) left.delete(member);
    const names = [...left].map(({ name }) => name).join(', ');
    return left.size === 0 ? { done: undefined } : { waitingFor: names };
  };
  try {
    await waitUntil(`etcd on the hosts before ${host.host}`, look, { timeoutMs: limitMs }, ctx);
  } catch (error) {
    if (!hasCode(error, 'TIMEOUT')) throw error;
    ctx.log.debug('etcd does not wait for its turn any longer', { host: host.host, reason: error.message });
  }
}

async function answersPeers({ peerUrls }: PlannedMember): Promise<boolean> {
  for (const url of peerUrls) if (await answers(new URL(url))) return true;
  return false;
}

/** The kernel takes a connection before etcd does: only an answer counts, a refusal of our lacking certificate too. */
function answers(url: URL): Promise<boolean> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port === '' ? 2380 : url.port);
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(askTimeoutMs);
    if (url.protocol === 'http:') {
      const request = getHttp({ host, port, path: '/version', signal }, (response) => {
        response.destroy();
        resolve(true);
      });
      request.on('error', () => resolve(false));
      return;
    }
    // Nothing is said or believed over this connection: whose certificate it is does not matter.
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    const end = (isAnswered: boolean) => {
      socket.destroy();
      resolve(isAnswered);
    };
    signal.addEventListener('abort', () => end(false));
    socket.once('secureConnect', () => end(true));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code?.startsWith('ERR_SSL') ?? false));
    socket.once('close', () => end(false));
  });
}
