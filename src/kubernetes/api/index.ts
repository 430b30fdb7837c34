/** The few calls to an API server that recoveries and restores need. */
export { openApiClient } from './api-client.ts';
export type {
  ApiClient,
  ApiClientOptions,
  ApplyOptions,
  ApiVersion,
  Health,
  KubernetesObject,
  ListOptions,
  ObjectList,
  RequestOptions,
  WriteOptions,
  WrittenObject,
} from './api-types.ts';
