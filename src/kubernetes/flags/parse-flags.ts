import { HoldfastError } from '../../base/index.ts';
import type { Argument, Flags } from './flag-value.ts';

/** Flags of a command line in every form that etcd and the programs of Kubernetes take; the last one of a name wins. */
export function parseFlags(_argv: readonly (string | Argument)[]): Flags {
  throw new HoldfastError('DEFECT', 'not there yet');
}
