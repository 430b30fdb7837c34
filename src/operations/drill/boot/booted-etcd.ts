import type { EtcdClientOptions } from '../../../etcd/index.ts';

/** An etcd in the sandbox. Disposing stops it. */
export interface BootedEtcd extends AsyncDisposable {
  readonly kind: 'etcd' | 'embedded';
  readonly clientUrl: string;
  /** How to reach it; a client for each use. */
  readonly client: EtcdClientOptions;
  /** How it ended, with what it said last; undefined while it runs. */
  obituary(): Promise<string | undefined>;
  /** Stops it as an operator would and starts it again on what it has left. Errors: those of starting it. */
  restart(): Promise<void>;
}

/** Who it has to be. */
export interface EtcdIdentity {
  /** Undefined where it cannot be known. */
  readonly clusterId: bigint | undefined;
  readonly memberId: bigint | undefined;
  readonly members: readonly {
    readonly id: bigint;
    readonly name: string;
    readonly peerUrls: readonly string[];
  }[];
}
