import type { Finding } from '../../base/index.ts';

/** The checks of a drill, in the order in which they are made. */
export const drillCheckNames = [
  'file',
  'log',
  'expected',
  'restore',
  'boot',
  'health',
  'members',
  'revision',
  'history',
  'keys',
  'leases',
  'write',
  'restart',
  'objects',
  'source',
] as const;

export type DrillCheckName = (typeof drillCheckNames)[number];

/** `skipped`: what comes before it failed, or it does not apply; the summary says which. */
export type DrillCheckStatus = 'ok' | 'warn' | 'fail' | 'skipped';

/** One row of the report. */
export interface DrillCheck {
  readonly name: DrillCheckName;
  /** The worst of its findings. */
  readonly status: DrillCheckStatus;
  /** One line: the facts when all is well, else the worst finding. */
  readonly summary: string;
  /** The first ones. Never holds a key or a value of the store. */
  readonly findings: readonly Finding[];
  /** How many further findings were counted but not kept. */
  readonly omittedFindings: number;
  readonly tookMs: number;
}

export interface DrillReport {
  readonly source: string;
  readonly kind: 'snapshot' | 'database' | 'data-dir';
  readonly sizeBytes: number;
  /** Wall-clock time of the start, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** What answered: a real etcd, or the embedded server. */
  readonly server: {
    readonly kind: 'etcd' | 'embedded';
    /** As it says itself; undefined when it never answered. */
    readonly version: string | undefined;
  };
  /** Version of the API server, when one was asked for and came up. */
  readonly kubernetesVersion: string | undefined;
  /** Facts of the backup; undefined when it could not be read. */
  readonly facts: DrillFacts | undefined;
  /** In the order of `drillCheckNames`. */
  readonly checks: readonly DrillCheck[];
  /** Whether no check failed; warnings do not count. */
  readonly ok: boolean;
  /** From the start to the first answer of the restored etcd: files checked and restored, server up. */
  readonly firstAnswerMs: number | undefined;
  /** From the start until the last check had passed; undefined when one failed. */
  readonly provenMs: number | undefined;
  readonly tookMs: number;
  /** Where the sandbox was left, when that was asked for. */
  readonly keptSandbox: string | undefined;
}

export interface DrillFacts {
  /** SHA-256 of the whole file, of a snapshot. */
  readonly fileSha256: string | undefined;
  readonly revision: bigint;
  readonly keys: number;
  readonly leases: number;
  /** HashKV at that revision, and the compact revision that belongs to it; -1 for never compacted. */
  readonly hashKv: number;
  readonly compactRevision: bigint;
  readonly members: readonly string[];
}
