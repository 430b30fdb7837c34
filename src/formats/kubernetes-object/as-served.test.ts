import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeToServed } from './as-served.ts';
import type { JsonObject } from './json-value.ts';

function serveDefinition(spec: JsonObject): JsonObject {
  const definition: JsonObject = { apiVersion: 'apiextensions.k8s.io/v1beta1', spec };
  changeToServed(definition, 'apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition');
  assert.equal(definition['apiVersion'], 'apiextensions.k8s.io/v1');
  return definition['spec'] as JsonObject;
}

test('a definition of one version, as it was written years ago', () => {
  assert.deepEqual(
    serveDefinition({
      group: 'example.com',
      version: 'v1',
      validation: { openAPIV3Schema: { type: 'object' } },
      additionalPrinterColumns: [{ name: 'Age', type: 'date', JSONPath: '.x' }],
      subresources: { status: {} },
    }),
    {
      group: 'example.com',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
          additionalPrinterColumns: [{ name: 'Age', type: 'date', jsonPath: '.x' }],
          subresources: { status: {} },
        },
      ],
      conversion: { strategy: 'None' },
      preserveUnknownFields: true,
    },
  );
});

test('a conversion webhook moves into its own object', () => {
  const { conversion } = serveDefinition({
    versions: [{ name: 'v1', served: true, storage: true }],
    conversion: {
      strategy: 'Webhook',
      webhookClientConfig: { url: 'https://example.com' },
      conversionReviewVersions: ['v1'],
    },
    preserveUnknownFields: false,
  });
  assert.deepEqual(conversion, {
    strategy: 'Webhook',
    webhook: { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1'] },
  });
});

test('each version has its own copy of what they share', () => {
  const { versions } = serveDefinition({
    versions: [{ name: 'v1' }, { name: 'v2' }],
    validation: { openAPIV3Schema: {} },
  });
  const [first, second] = versions as JsonObject[];
  assert.deepEqual(first?.['schema'], second?.['schema']);
  assert.notEqual(first?.['schema'], second?.['schema']);
});

test('claims and volumes get what was not stored, and nothing that was is replaced', () => {
  const claim: JsonObject = { spec: { volumeMode: 'Block' }, status: {} };
  changeToServed(claim, 'v1', 'PersistentVolumeClaim');
  assert.deepEqual(claim, { spec: { volumeMode: 'Block' }, status: { phase: 'Pending' } });
  const volume: JsonObject = {
    spec: { persistentVolumeReclaimPolicy: 'Delete' },
    status: { phase: 'Bound' },
  };
  changeToServed(volume, 'v1', 'PersistentVolume');
  assert.deepEqual(volume, {
    spec: { persistentVolumeReclaimPolicy: 'Delete', volumeMode: 'Filesystem' },
    status: { phase: 'Bound' },
  });
});

test('what has not the shape of its kind is left alone', () => {
  for (const spec of [null, 'text', [1], { versions: 'v1', volumeClaimTemplates: [1, null] }]) {
    for (const [version, kind] of [
      ['apps/v1', 'StatefulSet'],
      ['v1', 'PersistentVolume'],
      ['apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition'],
    ] as const) {
      assert.doesNotThrow(() => changeToServed({ spec: structuredClone(spec) }, version, kind));
    }
  }
});
