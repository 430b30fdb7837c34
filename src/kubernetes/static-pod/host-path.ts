import { HoldfastError } from '../../base/index.ts';
import type { StaticPod, StaticPodContainer } from './static-pod.ts';

/** The host path of a path inside a container; undefined when it is not on a hostPath volume. */
export function containerPathToHost(
  _pod: StaticPod,
  _container: StaticPodContainer,
  _path: string,
): string | undefined {
  throw new HoldfastError('DEFECT', 'not there yet');
}
