/**
 * The columns of volumes, claims and what provides them.
 *
 * Source: kubernetes pkg/printers/internalversion/printers.go (1.36.2).
 */
import type { JsonObject } from '../../../formats/kubernetes-object/index.ts';
import { at, countAt, listAt, orNone, sizeAt, textAt, textOf } from '../fields/index.ts';
import { ageOf, type KindColumns, kindColumns, nameOf } from './kind-columns.ts';

export const storageColumns: Readonly<Record<string, KindColumns>> = {
  '/PersistentVolume': kindColumns(
    [
      'CAPACITY',
      'ACCESS MODES',
      'RECLAIM POLICY',
      'STATUS',
      'CLAIM',
      'STORAGECLASS',
      'VOLUMEATTRIBUTESCLASS',
      'REASON',
      'AGE',
      '+VOLUMEMODE',
    ],
    (volume, context) => [
      textAt(volume, 'spec.capacity.storage'),
      accessModes(volume, 'spec.accessModes'),
      textAt(volume, 'spec.persistentVolumeReclaimPolicy'),
      statusOf(volume),
      claimOf(volume),
      storageClass(volume),
      orNone(textAt(volume, 'spec.volumeAttributesClassName'), '<unset>'),
      textAt(volume, 'status.reason'),
      ageOf(volume, context),
      orNone(textAt(volume, 'spec.volumeMode'), '<unset>'),
    ],
  ),
  '/PersistentVolumeClaim': kindColumns(
    [
      'STATUS',
      'VOLUME',
      'CAPACITY',
      'ACCESS MODES',
      'STORAGECLASS',
      'VOLUMEATTRIBUTESCLASS',
      'AGE',
      '+VOLUMEMODE',
    ],
    (claim, context) => {
      const isBound = textAt(claim, 'spec.volumeName') !== '';
      return [
        statusOf(claim),
        textAt(claim, 'spec.volumeName'),
        isBound ? textAt(claim, 'status.capacity.storage') : '',
        isBound ? accessModes(claim, 'status.accessModes') : '',
        storageClass(claim),
        orNone(textAt(claim, 'spec.volumeAttributesClassName'), '<unset>'),
        ageOf(claim, context),
        orNone(textAt(claim, 'spec.volumeMode'), '<unset>'),
      ];
    },
  ),
  'storage.k8s.io/StorageClass': kindColumns(
    ['NAME', 'PROVISIONER', 'RECLAIMPOLICY', 'VOLUMEBINDINGMODE', 'ALLOWVOLUMEEXPANSION', 'AGE'],
    (object, context) => [
      isDefaultClass(object) ? `${nameOf(object)} (default)` : nameOf(object),
      textAt(object, 'provisioner'),
      orNone(textAt(object, 'reclaimPolicy'), 'Delete'),
      orNone(textAt(object, 'volumeBindingMode'), '<unset>'),
      String(at(object, 'allowVolumeExpansion') === true),
      ageOf(object, context),
    ],
  ),
  'storage.k8s.io/VolumeAttributesClass': kindColumns(['DRIVERNAME', 'AGE'], (object, context) => [
    textAt(object, 'driverName'),
    ageOf(object, context),
  ]),
  'storage.k8s.io/VolumeAttachment': kindColumns(
    ['ATTACHER', 'PV', 'NODE', 'ATTACHED', 'AGE'],
    (object, context) => [
      textAt(object, 'spec.attacher'),
      textAt(object, 'spec.source.persistentVolumeName'),
      textAt(object, 'spec.nodeName'),
      String(at(object, 'status.attached') === true),
      ageOf(object, context),
    ],
  ),
  'storage.k8s.io/CSINode': kindColumns(['DRIVERS', 'AGE'], (object, context) => [
    String(listAt(object, 'spec.drivers').length),
    ageOf(object, context),
  ]),
  'storage.k8s.io/CSIDriver': kindColumns(
    [
      'ATTACHREQUIRED',
      'PODINFOONMOUNT',
      'STORAGECAPACITY',
      'TOKENREQUESTS',
      'REQUIRESREPUBLISH',
      'MODES',
      'AGE',
    ],
    (object, context) => [
      String(at(object, 'spec.attachRequired') !== false),
      String(at(object, 'spec.podInfoOnMount') === true),
      String(at(object, 'spec.storageCapacity') === true),
      orNone(
        listAt(object, 'spec.tokenRequests')
          .map((one) => textAt(one, 'audience'))
          .join(','),
        '<unset>',
      ),
      String(at(object, 'spec.requiresRepublish') === true),
      orNone(listAt(object, 'spec.volumeLifecycleModes').map(textOf).join(',')),
      ageOf(object, context),
    ],
  ),
  'storage.k8s.io/CSIStorageCapacity': kindColumns(['STORAGECLASSNAME', 'CAPACITY'], (object) => [
    textAt(object, 'storageClassName'),
    orNone(textAt(object, 'capacity'), '<unset>'),
  ]),
  'scheduling.k8s.io/PriorityClass': kindColumns(
    ['VALUE', 'GLOBAL-DEFAULT', 'AGE', 'PREEMPTIONPOLICY'],
    (object, context) => [
      String(countAt(object, 'value')),
      String(at(object, 'globalDefault') === true),
      ageOf(object, context),
      textAt(object, 'preemptionPolicy'),
    ],
  ),
};

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(object: JsonObject, path: string): string {
  const present = new Set(listAt(object, path).map(textOf));
  return Object.entries(shortModes)
    .filter(([mode]) => present.has(mode))
    .map(([, short]) => short)
    .join(',');
}

function statusOf(object: JsonObject): string {
  return textAt(object, 'metadata.deletionTimestamp') === '' ? textAt(object, 'status.phase') : 'Terminating';
}

function claimOf(volume: JsonObject): string {
  const name = textAt(volume, 'spec.claimRef.name');
  return name === '' ? '' : `${textAt(volume, 'spec.claimRef.namespace')}/${name}`;
}

/** The annotation is older than the field and goes before it. */
function storageClass(object: JsonObject): string {
  const annotations = at(object, 'metadata.annotations');
  const beta =
    typeof annotations === 'object' && annotations !== null && !Array.isArray(annotations)
      ? textOf(annotations['volume.beta.kubernetes.io/storage-class'])
      : '';
  return beta || textAt(object, 'spec.storageClassName');
}

function isDefaultClass(object: JsonObject): boolean {
  if (sizeAt(object, 'metadata.annotations') === 0) return false;
  const annotations = at(object, 'metadata.annotations') as JsonObject;
  return [
    'storageclass.kubernetes.io/is-default-class',
    'storageclass.beta.kubernetes.io/is-default-class',
  ].some((name) => annotations[name] === 'true');
}
