import type { SharedRing } from './byte-ring.ts';
import type { FileToHash, HashedFile } from './hash-file-steps.ts';

/** What a thread is to hash. */
export type Sha256Job =
  | { readonly kind: 'ring'; readonly ring: SharedRing }
  | ({ readonly kind: 'file' } & FileToHash);

export interface RingDigest {
  readonly digest: Uint8Array;
}

/** What comes of each kind of job. */
export type Sha256Result<Job extends Sha256Job> = Job extends { readonly kind: 'ring' }
  ? RingDigest
  : HashedFile;

/** What a thread says. */
export type Sha256Report =
  | { readonly kind: 'progress'; readonly doneBytes: number }
  | { readonly kind: 'done'; readonly result: RingDigest | HashedFile };
