/** The few calls to an API server that a recovery needs. */
export { openApiClient } from './api-client.ts';
export type {
  ApiClient,
  ApiClientOptions,
  ApiVersion,
  Health,
  KubernetesObject,
  ListOptions,
  ObjectList,
  RequestOptions,
} from './api-types.ts';
