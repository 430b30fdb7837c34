/** Floor 2: KMS plugins over gRPC, as an API server asks them. Knows neither etcd nor what the keys open. */
export * from './api.ts';
export {
  type DataKeyUnwrapper,
  type DataKeyUnwrapperContext,
  openDataKeyUnwrapper,
} from './data-key-unwrapper.ts';
export { parseSocketPath } from './socket-path.ts';
