import type { Peer } from '../../test/peers/index.ts';

export interface ServeCaseOptions {
  readonly peer: Peer;
  readonly etcdutl: string;
  readonly holdfast: readonly string[];
  /** The backup. */
  readonly source: string;
  readonly directory: string;
  readonly rounds: number;
  readonly log: (line: string) => void;
}
