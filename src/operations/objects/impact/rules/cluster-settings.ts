/** What kubeadm has noted of the cluster. */
import { objectAt, textOf } from '../../fields/index.ts';
import { type ImpactRule, type ObjectLookup, riskOf } from '../impact-rule.ts';

const settings = [
  'kubernetesVersion',
  'controlPlaneEndpoint',
  'clusterName',
  'dnsDomain',
  'podSubnet',
  'serviceSubnet',
  'certificatesDir',
];

export function clusterSettingsRule(): ImpactRule {
  return {
    async risks({ present, recovered }) {
      const [now, then] = [await readConfiguration(present), await readConfiguration(recovered)];
      if (now === undefined || then === undefined) return [];
      const differing = settings.filter((name) => valueOf(now, name) !== valueOf(then, name));
      const notes = differing.map(
        (name) => `${name}: now ${valueOf(now, name) ?? 'unset'}, then ${valueOf(then, name) ?? 'unset'}`,
      );
      const place = { resource: 'configmaps', namespace: 'kube-system', name: 'kubeadm-config' };
      return riskOf(otherSettings, notes.length === 0 ? [] : [{ ...place, note: notes.join('; ') }]);
    },
  };
}

async function readConfiguration(lookup: ObjectLookup): Promise<string | undefined> {
  const found = await lookup.find({ group: '', resource: 'configmaps' }, 'kube-system', 'kubeadm-config');
  const text = textOf(objectAt(found, 'data')['ClusterConfiguration']);
  return text === '' ? undefined : text;
}

/** kubeadm writes one setting a line, and none of these twice. */
function valueOf(configuration: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}: *(\\S.*?)\\s*$`, 'm').exec(configuration)?.[1];
}

const otherSettings = {
  id: 'cluster-settings-differ',
  risk: 'medium',
  title: "kubeadm's notes of the cluster are not those of the present",
  explanation:
    'The control plane on the hosts runs as it is set up now. What reads these notes (kubeadm join and upgrade) goes by the older ones.',
  advice:
    'Compare before the next kubeadm command: kubeadm upgrade, or an edit of the ConfigMap, sets them right.',
} as const;
