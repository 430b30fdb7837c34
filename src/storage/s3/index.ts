/** Objects in S3. Importing this loads the SDK: go through `openStorage`. */
export { openS3Storage } from './s3-storage.ts';
export type { S3Credentials, S3StorageOptions } from './s3-options.ts';
