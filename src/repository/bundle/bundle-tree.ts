/** What a file is to the node that it comes from. */
export const bundleFileKinds = [
  'manifest',
  'pki',
  'encryption',
  'kubelet',
  'kubeadm',
  /** Whatever else a program of the control plane is started with. */
  'configuration',
] as const;
export type BundleFileKind = (typeof bundleFileKinds)[number];

interface Place {
  /** Absolute path on the host that it comes from. */
  readonly path: string;
}

interface Owned {
  /** Permission bits, without set-user-id, set-group-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface BundleDirectory extends Place, Owned {}

/** A symbolic link. */
export interface BundleLink extends Place {
  /** As it is written. */
  readonly target: string;
}

interface FileOfBundle extends Place, Owned {
  readonly kind: BundleFileKind;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/** A file that is to go into a bundle. */
export interface FileToBundle extends FileOfBundle {
  readonly content: Uint8Array;
}

/** A file in a bundle. */
export interface BundleFile extends FileOfBundle {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Of its content, 32 bytes. */
  readonly id: Uint8Array;
}

interface Tree<F> {
  /** Those of the files and links, where they are more than ways to them. */
  readonly directories: readonly BundleDirectory[];
  readonly files: readonly F[];
  readonly links: readonly BundleLink[];
}

/** What is to be stored. No path is twice in it. */
export type BundleTree = Tree<FileToBundle>;

/** What a bundle holds, without the contents. In order of the paths; none leads through a file or a link. */
export type BundleList = Tree<BundleFile>;
