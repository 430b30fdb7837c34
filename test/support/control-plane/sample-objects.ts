import { randomUUID } from 'node:crypto';
import type { EtcdClient } from '../../../src/etcd/index.ts';
import type { StoredObjects } from './control-plane-options.ts';

/** Where the stand-in for the API server keeps its objects. */
export const registryPrefix = '/registry/';

/** A small cluster's objects by their keys, values as JSON: namespaces, a node, config maps, secrets, pods. */
export function sampleObjects(options: {
  readonly clusterUid: string;
  readonly nodeName?: string;
  /** How many config maps there are in the namespace `shop`, 20 by default. */
  readonly configMaps?: number;
}): StoredObjects {
  const { clusterUid, nodeName = 'cp1', configMaps = 20 } = options;
  const objects: Record<string, object> = {};
  const add = (key: string, kind: string, name: string, namespace?: string, more: object = {}) => {
    const uid = key === 'namespaces/kube-system' ? clusterUid : randomUUID();
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid };
    objects[`${registryPrefix}${key}`] = { kind, apiVersion: 'v1', metadata, ...more };
  };
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system', 'shop']) {
    add(`namespaces/${name}`, 'Namespace', name, undefined, { status: { phase: 'Active' } });
  }
  add(`minions/${nodeName}`, 'Node', nodeName);
  for (let number = 0; number < configMaps; number++) {
    const name = `app-config-${String(number).padStart(2, '0')}`;
    add(`configmaps/shop/${name}`, 'ConfigMap', name, 'shop', { data: { generation: '1' } });
  }
  add('secrets/shop/database', 'Secret', 'database', 'shop', { data: { password: 'aHVudGVyMg==' } });
  for (const name of ['cart-0', 'cart-1']) {
    add(`pods/shop/${name}`, 'Pod', name, 'shop', { spec: { nodeName }, status: { phase: 'Running' } });
  }
  return objects;
}

/** Writes objects straight to etcd, past the API server. */
export async function loadObjects(client: EtcdClient, objects: StoredObjects): Promise<void> {
  for (const [key, value] of Object.entries(objects)) {
    await client.kv.put({ key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)) });
  }
}
