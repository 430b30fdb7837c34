export interface DataDirEdit {
  /** The manifest's path, for messages. */
  readonly path: string;
  /** Host path of the data dir as it is now. */
  readonly from: string;
  /** Host path of the new one. */
  readonly to: string;
  /** Path of the new one inside the container. By default `to` where both were equal before, otherwise as it was. */
  readonly containerTo?: string;
}

/** A manifest as it will be. Between the texts only `changedLines` differ, and none is added or taken away. */
export interface ManifestEdit {
  readonly text: string;
  /** Counted from 1, in order. */
  readonly changedLines: readonly number[];
  readonly changes: readonly ManifestChange[];
}

export interface ManifestChange {
  readonly line: number;
  readonly what: 'data-dir' | 'mount-path' | 'host-path';
  readonly from: string;
  readonly to: string;
}
