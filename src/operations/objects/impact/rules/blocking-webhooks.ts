/** Admission webhooks that would refuse everything, because what answers them is not there. */
import type { JsonObject, JsonValue } from '../../../../formats/kubernetes-object/index.ts';
import { at, listAt, objectAt, textAt, textOf } from '../../fields/index.ts';
import {
  type ImpactRule,
  named,
  type ObjectLookup,
  type RiskObject,
  riskOf,
  type RuleContext,
  type SeenObject,
} from '../impact-rule.ts';

const resources = [
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
];

interface Hook {
  readonly seen: Pick<SeenObject, 'resource' | 'place'>;
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly wants: string;
}

export function blockingWebhooksRule(): ImpactRule {
  const hooks: Hook[] = [];
  return {
    watches: resources,
    see(seen) {
      if (resources.includes(seen.resource) && seen.recovered !== undefined)
        hooks.push(...hooksOf(seen, seen.recovered));
    },
    async risks(context) {
      const blocked: RiskObject[] = [];
      const stale: RiskObject[] = [];
      for (const hook of hooks) {
        const missing = await whatIsMissing(hook, context.recovered);
        const note = (why: string) => named(hook.seen, `${hook.name} for ${hook.wants}: ${why}`);
        if (missing !== undefined) blocked.push(note(missing));
        else if (!(await answersNow(hook, context)))
          stale.push(note(`the pods of ${hook.namespace}/${hook.service} do not run now`));
      }
      return [...riskOf(blockingWebhook, blocked), ...riskOf(staleWebhook, stale)];
    },
  };
}

/** Those that refuse when they cannot be reached. Ones with a URL are outside, and what is there cannot be told. */
function hooksOf(seen: SeenObject, configuration: JsonObject): Hook[] {
  return listAt(configuration, 'webhooks').flatMap((hook) => {
    const service = textAt(hook, 'clientConfig.service.name');
    const policy = textAt(hook, 'failurePolicy');
    if (service === '' || (policy !== 'Fail' && policy !== '')) return [];
    const { resource, place } = seen;
    const namespace = textAt(hook, 'clientConfig.service.namespace');
    const name = textAt(hook, 'name');
    return [{ seen: { resource, place }, name, namespace, service, wants: wantsOf(hook) }];
  });
}

/** `create, update of pods`. */
function wantsOf(hook: JsonValue): string {
  const rules = listAt(hook, 'rules');
  const all = (field: string) => [
    ...new Set(rules.flatMap((rule) => listAt(rule, field).map((each) => textOf(each).toLowerCase()))),
  ];
  return `${all('operations').join(', ')} of ${all('resources').join(', ')}`;
}

const core = (resource: string) => ({ group: '', resource });

async function whatIsMissing(
  { namespace, service }: Hook,
  lookup: ObjectLookup,
): Promise<string | undefined> {
  const where = `${namespace}/${service}`;
  if ((await lookup.find(core('namespaces'), undefined, namespace)) === undefined)
    return `the namespace ${namespace} is not in the snapshot`;
  const found = await lookup.find(core('services'), namespace, service);
  if (found === undefined) return `the service ${where} is not in the snapshot`;
  if (textAt(found, 'spec.type') === 'ExternalName') return undefined;
  const ready = await readyPods(namespace, service, lookup);
  return ready.length === 0 ? `the service ${where} has no ready endpoint in the snapshot` : undefined;
}

interface EndpointPod {
  /** Absent for an address that is no pod's. */
  readonly name: string | undefined;
  readonly uid: string;
}

/** The pods behind the ready endpoints of a service; of addresses without a pod one without a name. */
async function readyPods(namespace: string, service: string, lookup: ObjectLookup): Promise<EndpointPod[]> {
  const pods: EndpointPod[] = [];
  const slices = { group: 'discovery.k8s.io', resource: 'endpointslices' };
  for await (const slice of lookup.list(slices, namespace)) {
    if (textOf(objectAt(slice, 'metadata.labels')['kubernetes.io/service-name']) !== service) continue;
    // An endpoint that does not say is taken for ready, as the API has it.
    const ready = listAt(slice, 'endpoints').filter((each) => at(each, 'conditions.ready') !== false);
    pods.push(...ready.map(podOf));
  }
  if (pods.length > 0) return pods;
  const endpoints = await lookup.find(core('endpoints'), namespace, service);
  return listAt(endpoints, 'subsets').flatMap((subset) => listAt(subset, 'addresses').map(podOf));
}

function podOf(endpoint: JsonValue): EndpointPod {
  const isPod = textAt(endpoint, 'targetRef.kind') === 'Pod';
  return {
    name: isPod ? textAt(endpoint, 'targetRef.name') : undefined,
    uid: textAt(endpoint, 'targetRef.uid'),
  };
}

/** Whether any of the pods that answered in the snapshot is the same now. */
async function answersNow(
  { namespace, service }: Hook,
  { present, recovered }: RuleContext,
): Promise<boolean> {
  const pods = await readyPods(namespace, service, recovered);
  for (const { name, uid } of pods) {
    if (name === undefined) return true;
    const now = await present.find(core('pods'), namespace, name);
    if (now !== undefined && textAt(now, 'metadata.uid') === uid) return true;
  }
  return pods.length === 0;
}

const advice =
  'Have the configuration at hand. If requests are refused after the recovery, set failurePolicy to Ignore, or delete the configuration, until its service answers.';

const blockingWebhook = {
  id: 'webhook-blocks',
  risk: 'high',
  title: 'webhooks would refuse requests, for nobody answers them',
  explanation:
    'Their failure policy is Fail, and what they call is not in the snapshot: the API server refuses each request that they are for.',
  advice,
} as const;

const staleWebhook = {
  id: 'webhook-waits',
  risk: 'medium',
  title: 'webhooks refuse requests until their pods run again',
  explanation:
    'Their failure policy is Fail, and none of the pods that answered when the snapshot was taken runs now.',
  advice,
} as const;
