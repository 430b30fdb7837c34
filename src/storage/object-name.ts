import { HoldfastError } from '../base/index.ts';

const maximumNameLength = 512;
/** What every store takes as it is, with case that no file system folds, and nothing that climbs out of a directory. */
const segment = /^[a-z0-9][a-z0-9._-]*$/;

/** Lets through the names that all stores treat alike: lower case segments between slashes. Errors: STORAGE_NAME_INVALID. */
export function requireObjectName(name: string): void {
  if (name.length > maximumNameLength || !name.split('/').every((part) => segment.test(part)))
    throw new HoldfastError('STORAGE_NAME_INVALID', `${JSON.stringify(name)} is not a name for an object`);
}

/** A prefix to list: empty, or a name with a slash behind it. Errors: STORAGE_NAME_INVALID. */
export function requirePrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/'))
    throw new HoldfastError(
      'STORAGE_NAME_INVALID',
      `the prefix ${JSON.stringify(prefix)} does not end with /`,
    );
  requireObjectName(prefix.slice(0, -1));
}
