import { isHoldfastError } from '../../../base/index.ts';
import { type ApiClient, type KubernetesObject, openApiClient } from '../../../kubernetes/index.ts';
import type { RecoveryPlan } from '../plan/index.ts';
import type { StepWork } from '../work/index.ts';
import { readApiClientOptions } from './api-server-ready.ts';

/** Under which name the journal keeps what the API server shows to be in need of a hand. */
export const handworkFact = 'handwork';

/** What no program on these hosts can do, in sentences. Known from the plan alone. */
export function describeHandwork(plan: RecoveryPlan): string[] {
  const byHand = plan.hosts.filter(({ kubeletUnit }) => kubeletUnit === undefined).map(({ host }) => host);
  const hasApiServer = plan.hosts.some(({ apiServer }) => apiServer !== undefined);
  const joined = plan.nodes.joinedSince.join(', ');
  const left = plan.nodes.leftSince.join(', ');
  return [
    ...(byHand.length > 0
      ? [`Restart the kubelet on ${byHand.join(', ')}: it still knows pods that the cluster no longer has.`]
      : []),
    ...(hasApiServer
      ? ['Restart the kubelet on all other nodes (systemctl restart kubelet), for the same reason.']
      : []),
    ...(joined === '' ? [] : [`Nodes that the snapshot does not know have to register anew: ${joined}.`]),
    ...(left === '' ? [] : [`Nodes that had been removed are back and will not become ready: ${left}.`]),
  ];
}

/**
 * Asks the API server for what waits for a person: requests for certificates, and webhooks that stop every request
 * until their own pods run. Notes sentences in the journal. What the server does not serve, nobody waits for; one that
 * does not tell is no reason to undo a recovery that has come this far, and is itself noted.
 */
export async function noteHandwork(work: StepWork): Promise<void> {
  try {
    await askForHandwork(work);
  } catch (error) {
    if (!isHoldfastError(error) || error.code === 'INTERRUPTED') throw error;
    work.ctx.log.warn('the API server does not tell what waits for a person', {
      host: work.host.host,
      reason: error.message,
    });
    await work.journal.recordFact(handworkFact, [
      'Look at pending certificate requests (kubectl get csr) and at webhooks: the API server did not list them.',
    ]);
  }
}

async function askForHandwork(work: StepWork): Promise<void> {
  const { host, machine, ctx } = work;
  const options = await readApiClientOptions(machine, host.apiServer!.url, host.apiServer!.kubeconfig);
  if (options === undefined) return;
  await using client = openApiClient(options);
  const list = (path: string) => listIfServed(client, path, ctx.signal);
  const requests = (await list('/apis/certificates.k8s.io/v1/certificatesigningrequests')).filter(isPending);
  const hooks = [
    ...(await list('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations')),
    ...(await list('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations')),
  ].filter(stopsRequests);
  await work.journal.recordFact(handworkFact, [
    ...(requests.length === 0
      ? []
      : [`Look at pending certificate requests (kubectl get csr): ${namesOf(requests)}.`]),
    ...(hooks.length === 0
      ? []
      : [`Webhooks that refuse requests until their pods run may need a look: ${namesOf(hooks)}.`]),
  ]);
}

async function listIfServed(
  client: ApiClient,
  path: string,
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  try {
    return (await client.list(path, { signal, limit: 500 })).items;
  } catch (error) {
    if (isHoldfastError(error) && error.details['httpStatus'] === 404) return [];
    throw error;
  }
}

function isPending(request: KubernetesObject): boolean {
  const { conditions = [] } = (request['status'] ?? {}) as { readonly conditions?: readonly unknown[] };
  return conditions.length === 0;
}

interface Webhook {
  readonly failurePolicy?: string;
  readonly clientConfig?: { readonly service?: object };
}

/** Those inside the cluster; `Fail` is the default. */
function stopsRequests(configuration: KubernetesObject): boolean {
  const { webhooks = [] } = configuration as { readonly webhooks?: readonly Webhook[] };
  return webhooks.some(
    ({ failurePolicy = 'Fail', clientConfig }) =>
      failurePolicy === 'Fail' && clientConfig?.service !== undefined,
  );
}

function namesOf(objects: readonly KubernetesObject[]): string {
  return objects
    .map(({ metadata }) => (metadata as { readonly name?: string } | undefined)?.name ?? '')
    .join(', ');
}
