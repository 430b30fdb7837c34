/** Certificate authorities that the snapshot names and the present does not. */
import { describeCertificate } from '../../../../kubernetes/index.ts';
import { isHoldfastError } from '../../../../base/index.ts';
import { objectAt, textOf } from '../../fields/index.ts';
import {
  type ImpactRisk,
  type ImpactRule,
  type ObjectLookup,
  type RiskObject,
  riskOf,
  type RuleContext,
} from '../impact-rule.ts';

export function certificatesRule(): ImpactRule {
  return {
    async risks(context) {
      const risks: ImpactRisk[] = [];
      for (const { names, field, ...risk } of authorities) {
        const objects: RiskObject[] = [];
        for (const [namespace, name] of names)
          objects.push(...(await differs(namespace, name, field, context)));
        // One of several is enough: they all hold the same.
        risks.push(...riskOf(risk, objects.slice(0, 1)));
      }
      return risks;
    },
  };
}

const configMaps = { group: '', resource: 'configmaps' };

async function differs(
  namespace: string,
  name: string,
  field: string,
  { present, recovered }: RuleContext,
): Promise<RiskObject[]> {
  const read = async (lookup: ObjectLookup) =>
    textOf(objectAt(await lookup.find(configMaps, namespace, name), 'data')[field]).trim();
  const [now, then] = [await read(present), await read(recovered)];
  if (now === '' || then === '' || sameText(now, then)) return [];
  const note = `${field}: now ${describe(now)}, then ${describe(then)}`;
  return [{ resource: 'configmaps', namespace, name, note }];
}

function sameText(a: string, b: string): boolean {
  return a.replace(/\s+/g, '') === b.replace(/\s+/g, '');
}

/** `CN=kubernetes (sha256 1f0a2b3c)` of the first certificate. */
function describe(pem: string): string {
  try {
    const { subject, fingerprint } = describeCertificate(pem);
    return `${subject} (sha256 ${fingerprint.slice(0, 12)})`;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return 'no certificate';
  }
}

const authorities = [
  {
    id: 'cluster-ca-differs',
    risk: 'high',
    names: [
      ['kube-system', 'kube-root-ca.crt'],
      ['kube-public', 'kube-root-ca.crt'],
      ['default', 'kube-root-ca.crt'],
    ],
    field: 'ca.crt',
    title: "the cluster's certificate authority is another one now",
    explanation:
      'It was changed after the snapshot. The controllers write the bundles of the namespaces anew; CA bundles in webhooks, API services, custom resource definitions and in kubeconfigs that are kept as Secrets come back as they were.',
    advice:
      'Keep the present certificates on the hosts, and put the present CA into those places after the recovery.',
  },
  {
    id: 'client-ca-differs',
    risk: 'medium',
    names: [['kube-system', 'extension-apiserver-authentication']],
    field: 'client-ca-file',
    title: 'aggregated API servers would be told an old client CA',
    explanation:
      'The API server writes it anew when it starts; who has read it before that refuses clients of the present CA.',
    advice: 'Restart aggregated API servers (metrics-server and others) after the recovery.',
  },
  {
    id: 'front-proxy-ca-differs',
    risk: 'medium',
    names: [['kube-system', 'extension-apiserver-authentication']],
    field: 'requestheader-client-ca-file',
    title: 'aggregated API servers would be told an old front-proxy CA',
    explanation:
      'The API server writes it anew when it starts; who has read it before that refuses what the API server passes on.',
    advice: 'Restart aggregated API servers (metrics-server and others) after the recovery.',
  },
] as const;
