/** Pods that a kubelet runs from files. */
export { findContainer, type ProgramInPod } from './find-container.ts';
export { containerPathToHost, findMount, isInside, normalizePath } from './host-path.ts';
export {
  isManifestName,
  parseStaticPod,
  type PlacedArgument,
  type PodVolume,
  type StaticPod,
  type StaticPodContainer,
  type VolumeMount,
} from './static-pod.ts';
