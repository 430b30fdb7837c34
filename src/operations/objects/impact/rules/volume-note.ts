import { formatKubernetesJson, type JsonObject } from '../../../../formats/kubernetes-object/index.ts';
import { objectAt, textAt } from '../../fields/index.ts';

/** `claim shop/data, policy Delete, csi vol-0a1b`: what one needs to find a volume's data again. */
export function volumeNote(volume: JsonObject | undefined): string {
  if (volume === undefined) return '';
  const claim = textAt(volume, 'spec.claimRef.name');
  const claimText = claim === '' ? 'no claim' : `claim ${textAt(volume, 'spec.claimRef.namespace')}/${claim}`;
  const policy = reclaimPolicy(volume);
  return [claimText, `policy ${policy}`, placeOf(volume)].filter((part) => part !== '').join(', ');
}

export function reclaimPolicy(volume: JsonObject | undefined): string {
  return textAt(volume, 'spec.persistentVolumeReclaimPolicy') || 'Retain';
}

/** Where a volume's data is. Source: PersistentVolumeSource in k8s.io/api core/v1 (1.36). */
const places: readonly (readonly [kind: string, field: string])[] = [
  ['csi', 'volumeHandle'],
  ['hostPath', 'path'],
  ['local', 'path'],
  ['nfs', 'path'],
  ['iscsi', 'iqn'],
  ['awsElasticBlockStore', 'volumeID'],
  ['gcePersistentDisk', 'pdName'],
  ['azureDisk', 'diskURI'],
  ['rbd', 'image'],
];

function placeOf(volume: JsonObject): string {
  const spec = objectAt(volume, 'spec');
  const found = places.find(([kind]) => spec[kind] !== undefined);
  if (found === undefined) return '';
  const [kind, field] = found;
  const source = objectAt(spec, kind);
  const where = textAt(source, field);
  return `${kind} ${where === '' ? formatKubernetesJson(source) : where}`;
}
