/** What retention has to know of a backup: facts of its record, its object in the store, its results and its pin. */
export interface RetentionRecord {
  readonly id: string;
  /** `cluster.identity` of the record: only backups of the same cluster are compared. */
  readonly cluster: string;
  /** `createdAt` of the record, by the clock of the host that wrote it. */
  readonly createdAtMs: number;
  /** When the store says that the record was put, by the store's clock; undefined when the store cannot say. */
  readonly storedAtMs: number | undefined;
  /** When `backup copy` brought it here: then the store's time is compared with this, not with `createdAt`. */
  readonly copiedAtMs?: number | undefined;
  readonly revision: bigint;
  /** `parent` and `seen` of the record: backups that were there when it was made. */
  readonly parent?: string | undefined;
  readonly seen: readonly string[];
  /** What the newest verification or drill said. */
  readonly verification: 'passed' | 'failed' | 'none';
  readonly pin?: RetentionPin | undefined;
}

export interface RetentionPin {
  readonly reason: string;
  /** When somebody may take the pin away. It holds until then, and after that until somebody does. */
  readonly untilMs?: number | undefined;
}

/** A certificate of a bundle: how long it lives says how old a backup may become before it restores an expired one. */
export interface CertificateFact {
  readonly cluster: string;
  /** As people know it: `apiserver.crt`. */
  readonly name: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What is known besides the backups. */
export interface RetentionFacts {
  /** The time by the clock of whoever forgets. A wrong one keeps more, never less. */
  readonly nowMs: number;
  /** The store's times say nothing: the repository was copied with a tool that does not keep them. Default false. */
  readonly ignoreStoreTimes?: boolean;
  /** Those of each cluster's newest bundle, where it could be read. */
  readonly certificates?: readonly CertificateFact[];
}
