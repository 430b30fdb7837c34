/** Floor 2: the node's side of Kubernetes. Takes text and returns values; only the API client opens a socket. */
export * from './api/index.ts';
export * from './config/index.ts';
export * from './flags/index.ts';
export * from './kubelet/index.ts';
export * from './manifest-edit/index.ts';
export * from './pki/index.ts';
export {
  containerPathToHost,
  findContainer,
  isManifestName,
  type PlacedArgument,
  parseStaticPod,
  type PodVolume,
  type ProgramInPod,
  type StaticPod,
  type StaticPodContainer,
  type VolumeMount,
} from './static-pod/index.ts';
export type { Located } from './yaml/index.ts';
