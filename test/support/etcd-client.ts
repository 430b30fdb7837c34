import { readFileSync } from 'node:fs';
import { type EtcdClient, type EtcdClientOptions, openEtcdClient } from '../../src/etcd/index.ts';
import type { Pki } from './pki.ts';

/** Whom to talk to; an `EtcdServer` is one. */
export interface ClientTarget {
  readonly clientUrl: string;
  readonly tls: Pki | undefined;
}

/** How our own client reaches these members, over mutual TLS when they have it. Patient: tests share the machine. */
export function clientOptions(...targets: readonly [ClientTarget, ...ClientTarget[]]): EtcdClientOptions {
  const { tls } = targets[0];
  return {
    endpoints: targets.map(({ clientUrl }) => clientUrl),
    dialTimeoutMs: 10_000,
    commandTimeoutMs: 30_000,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            caPem: readFileSync(tls.caFile),
            certPem: readFileSync(tls.client.certFile),
            keyPem: readFileSync(tls.client.keyFile),
          },
        }),
  };
}

/** Our own client for these members. The caller closes it. */
export function openTestClient(...targets: readonly [ClientTarget, ...ClientTarget[]]): EtcdClient {
  return openEtcdClient(clientOptions(...targets));
}
