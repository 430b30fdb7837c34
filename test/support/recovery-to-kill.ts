/**
 * A recovery of this machine's sandbox that kills itself: `recovery-to-kill.ts JSON`. It prints each journaled step as
 * soon as its line is on the disk, and at the chosen one sends itself SIGKILL before anything else can happen.
 */
import { readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type OperationEvent, operationContext, utf8 } from '../../src/base/index.ts';
import { openEtcdClient } from '../../src/etcd/index.ts';
import { openLocalHost } from '../../src/hosts/index.ts';
import {
  openLocalRecoveryHost,
  recoverControlPlane,
  type RecoveryHost,
  resumeRecovery,
  rollBackRecovery,
} from '../../src/operations/recover/index.ts';

export interface RecoveryToKill {
  readonly root: string;
  readonly work:
    | {
        readonly kind: 'recover';
        readonly snapshotPath: string;
        readonly backup?: string | undefined;
        readonly dataDir?: string | undefined;
      }
    | { readonly kind: 'resume' }
    | { readonly kind: 'rollback' };
  /** Kills at this step, counted from 1; never by default. */
  readonly killAt?: number;
  /** Which states count; all by default. */
  readonly states?: readonly string[];
  /** Takes an object out of the restored etcd before the API server is compared, so that the recovery goes back. */
  readonly spoil?: { readonly key: string; readonly etcdUrl: string };
}

const { root, work, killAt, states, spoil } = JSON.parse(process.argv[2]!) as RecoveryToKill;
let counted = 0;

function tell(event: OperationEvent): void {
  if (event.type !== 'step') return;
  writeSync(1, `${event.step} ${event.state}\n`);
  if (states !== undefined && !states.includes(event.state)) return;
  if (++counted === killAt) process.kill(process.pid, 'SIGKILL');
}

/** Like a person who deletes what was restored, in the moment between etcd's start and the API server's. */
function spoiling(host: RecoveryHost, { key, etcdUrl }: NonNullable<RecoveryToKill['spoil']>): RecoveryHost {
  const pki = join(root, 'etc/kubernetes/pki');
  return {
    ...host,
    async run(phase, signal) {
      if (phase === 'start-api-server') {
        await using client = openEtcdClient({
          endpoints: [etcdUrl],
          tls: {
            caPem: readFileSync(join(pki, 'etcd/ca.crt')),
            certPem: readFileSync(join(pki, 'apiserver-etcd-client.crt')),
            keyPem: readFileSync(join(pki, 'apiserver-etcd-client.key')),
          },
        });
        await client.kv.deleteRange({ key: utf8(key) });
      }
      await host.run(phase, signal);
    },
  };
}

const ctx = operationContext({ events: tell });
await using local = openLocalRecoveryHost({ machine: openLocalHost({ root }), host: hostname() }, ctx);
const hosts = [spoil === undefined ? local : spoiling(local, spoil)];
if (work.kind === 'resume') await resumeRecovery(hosts, ctx);
else if (work.kind === 'rollback') await rollBackRecovery(hosts, ctx);
else {
  const { snapshotPath, backup, dataDir } = work;
  await recoverControlPlane(
    {
      snapshotPath,
      waitTimeoutMs: 60_000,
      confirm: () => Promise.resolve(true),
      ...(backup === undefined ? {} : { backup }),
      ...(dataDir === undefined ? {} : { dataDir }),
    },
    hosts,
    ctx,
  );
}
