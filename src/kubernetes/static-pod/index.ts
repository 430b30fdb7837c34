/** Pods that a kubelet runs from files. */
export { findContainer, type ProgramInPod } from './find-container.ts';
export { containerPathToHost } from './host-path.ts';
export {
  isManifestName,
  parseStaticPod,
  type PodVolume,
  type StaticPod,
  type StaticPodContainer,
  type VolumeMount,
} from './static-pod.ts';
