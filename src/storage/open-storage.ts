import { HoldfastError } from '../base/index.ts';
import { openFilesystemStorage } from './filesystem/index.ts';
import type { S3StorageOptions } from './s3/index.ts';
import type { Storage } from './storage.ts';

/** Where objects are kept. */
export type StorageLocation =
  | { readonly kind: 'filesystem'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

export interface OpenStorageOptions {
  /** Makes a missing directory. Default false. */
  readonly create?: boolean;
  /** For locations in S3: everything but bucket and prefix. */
  readonly s3?: Omit<S3StorageOptions, 'bucket' | 'prefix'>;
}

/** Parses `s3://bucket/prefix`, `file:///path` or a path. Errors: STORAGE_LOCATION_INVALID. */
export function parseStorageLocation(text: string): StorageLocation {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    if (text === '') throw invalid('a location is empty');
    return { kind: 'filesystem', path: text };
  }
  if (scheme === 'file' && rest.startsWith('/')) return { kind: 'filesystem', path: rest };
  if (scheme !== 's3') throw invalid(`${JSON.stringify(scheme)} is no kind of store`);
  const [bucket = '', ...segments] = rest.replace(/\/+$/, '').split('/');
  const prefix = segments.join('/');
  // The bucket is looked at when it is opened; a user name in a URL would be a secret in the wrong place.
  if (bucket === '' || /[@?#]/.test(rest)) throw invalid('an S3 location is s3://BUCKET/PREFIX');
  return { kind: 's3', bucket, prefix };
}

/** Opens a store by its location. What S3 needs is loaded only for S3. Errors: those of opening the kind of store. */
export async function openStorage(
  location: StorageLocation,
  options: OpenStorageOptions = {},
): Promise<Storage> {
  if (location.kind === 'filesystem')
    return openFilesystemStorage({ path: location.path, create: options.create ?? false });
  const { openS3Storage } = await import('./s3/index.ts');
  return openS3Storage({ ...options.s3, bucket: location.bucket, prefix: location.prefix });
}

function invalid(message: string): HoldfastError {
  return new HoldfastError('STORAGE_LOCATION_INVALID', message);
}
