/** The few calls to an API server that a recovery needs. */
export {
  type ApiClient,
  type ApiClientOptions,
  type ApiVersion,
  type Health,
  type KubernetesObject,
  type ListOptions,
  type ObjectList,
  openApiClient,
  type RequestOptions,
} from './api-client.ts';
