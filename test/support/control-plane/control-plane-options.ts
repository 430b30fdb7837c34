import type { EtcdClient, EtcdClientOptions } from '../../../src/etcd/index.ts';
import type { Peer } from '../../peers/index.ts';
import type { NodeLayout, NodeLayoutOptions } from '../../../src/operations/demo/index.ts';
import type {
  ApiConnection,
  ProgramTable,
  RunnerEvent,
  RunningContainer,
} from '../../../src/sandbox/index.ts';

/** What to lay out for one control-plane node. Only `root` and `peer` have to be given. */
export interface LayoutOptions extends Omit<NodeLayoutOptions, 'etcdVersion'> {
  /** The etcd to run, and the version that the manifest's image names. */
  readonly peer: Peer;
}

/** Where everything is. Paths are those of this process unless they are called host paths. */
export interface ControlPlaneLayout extends NodeLayout {
  readonly peer: Peer;
}

/** How to start the runner of a node that is laid out. */
export interface StartOptions {
  /** Put in front of the runner's command: `['ip', 'netns', 'exec', 'cp1']`. It has to exec, not fork. */
  readonly commandPrefix?: readonly string[];
  /** The root as the runner sees it, when the prefix changes it: `/` after a chroot. */
  readonly runnerRoot?: string;
  /** As the runner sees them; the peer's etcd and the stand-ins beside this file by default. */
  readonly programs?: ProgramTable;
  /** The Node program and the runner's source, as the runner's side sees them. */
  readonly nodePath?: string;
  readonly runnerPath?: string;
  /**
   * The runner's argv[0]. `static-pods` by default: on a machine where many sandboxes run side by side none of them
   * may pass for the machine's kubelet. Give `kubelet` where the processes of this host are its own.
   */
  readonly runnerName?: string;
  /** Caps the grace period of the pods, 30 s as they are written. */
  readonly maxGraceMs?: number;
  /** How often the runner scans without being told of a change, 2 s by default (the kubelet: 20 s). */
  readonly rescanMs?: number;
}

/** What runs a node's pods; see `src/sandbox/run-static-pods.ts`. Disposing kills everything and waits until it is gone. */
export interface NodeRunner extends AsyncDisposable {
  readonly pid: number;
  readonly eventsFile: string;
  readonly logFile: string;
  /** Where the containers' output goes, a file a container. */
  readonly containerLogs: string;
  events(): Promise<RunnerEvent[]>;
  running(): Promise<RunningContainer[]>;
  /** The first event, from this call on unless `from` is given, that is as wanted. */
  waitFor(
    what: string,
    wanted: (event: RunnerEvent) => boolean,
    options?: { readonly from?: number; readonly timeoutMs?: number },
  ): Promise<RunnerEvent>;
  /** Stops it and everything that it runs, as a shutdown would, with the pods' grace periods. */
  stop(): Promise<void>;
  /** Kills it and everything that it runs, as a power failure would. */
  kill(): Promise<void>;
}

/** An object in etcd: its key and its value as JSON. */
export type StoredObjects = Readonly<Record<string, object>>;

export interface ControlPlaneOptions extends LayoutOptions, StartOptions {
  /** What is written to etcd before this resolves; `sampleObjects(...)` by default, `{}` for nothing. */
  readonly objects?: StoredObjects;
  /** Resolve as soon as the runner watches, without waiting for etcd or `/readyz` and without loading. */
  readonly startOnly?: boolean;
  /** 120 s by default. */
  readonly readyTimeoutMs?: number;
}

/** A control-plane node that runs. Disposing stops all its processes, by pid. */
export interface ControlPlane extends ControlPlaneLayout, AsyncDisposable {
  /** The present runner; another one after `restartRunner`. */
  readonly runner: NodeRunner;
  /** The UID of the kube-system namespace that was loaded. */
  readonly clusterUid: string;
  /** How to reach this node's etcd, with the API server's client certificate. */
  readonly etcdClientOptions: EtcdClientOptions;
  /** Our client for this node's etcd. The caller closes it. */
  openEtcd(): EtcdClient;
  /** A connection to this node's API server with the administrator's certificate. The caller closes it. */
  openApi(): ApiConnection;
  /** Resolves when etcd answers a linearizable read. */
  etcdReady(timeoutMs?: number): Promise<void>;
  /** Resolves when the API server's `/readyz` says ok. */
  apiReady(timeoutMs?: number): Promise<void>;
  /** Stops the runner with everything that it runs (or kills it) and starts another: a reboot. */
  restartRunner(how?: 'stop' | 'kill'): Promise<NodeRunner>;
}
