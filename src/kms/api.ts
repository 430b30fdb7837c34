/**
 * The generated services of KMS plugins (`proto/kms`, `npm run proto`), one a version: `v1` in a configuration is the
 * package v1beta1.
 */
export { KeyManagementService as KmsServiceV1 } from './gen/kms/v1beta1/api_pb.js';
export { KeyManagementService as KmsServiceV2 } from './gen/kms/v2/api_pb.js';
