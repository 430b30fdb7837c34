import { connect } from 'node:net';
import { waitUntil } from '../../../base/index.ts';
import type { StepWork } from '../work/index.ts';

const askTimeoutMs = 2000;

/**
 * Waits until nobody listens any more where the API server did: a process that goes by a name and flags of its own is
 * seen by that. Nothing where there is none. Errors: TIMEOUT.
 */
export async function waitUntilSilent({ host, plan, ctx }: StepWork): Promise<void> {
  const { apiServer } = host;
  if (apiServer === undefined) return;
  const { hostname, port } = new URL(apiServer.url);
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port === '' ? 443 : port) };
  await waitUntil(
    `the API server on ${host.host} did not stop`,
    async () =>
      (await isListening(address)) ? { waitingFor: `${apiServer.url} still answers` } : { done: undefined },
    { timeoutMs: plan.waitTimeoutMs },
    ctx,
  );
}

function isListening(address: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, timeout: askTimeoutMs });
    const end = (listens: boolean) => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
