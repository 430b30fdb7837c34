/** Configuration files around the API server. */
export {
  type EncryptedResources,
  type EncryptionConfig,
  type EncryptionKey,
  type EncryptionProvider,
  parseEncryptionConfig,
  readablePrefixes,
} from './encryption-config.ts';
export { type Kubeconfig, parseKubeconfig } from './kubeconfig.ts';
