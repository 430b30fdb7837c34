import { HoldfastError } from '../../base/index.ts';
import type { Argument } from '../flags/index.ts';
import type { StaticPod, StaticPodContainer } from './static-pod.ts';

/** The container of a pod that runs a program, whatever file, pod and container are called. */
export interface ProgramInPod {
  readonly container: StaticPodContainer;
  /** The program's own argv: its name as written first, then its arguments; shells and wrappers taken off. */
  readonly argv: readonly Required<Argument>[];
  /** `image` when only the image's name says so. */
  readonly foundBy: 'command' | 'shell' | 'wrapper' | 'image';
}

export function findContainer(_pod: StaticPod, _program: string): ProgramInPod | undefined {
  throw new HoldfastError('DEFECT', 'not there yet');
}
