import { HoldfastError } from '../../base/index.ts';

/** MANIFEST_EDIT_REFUSED, with the line that stands in the way where there is one. */
export function refuseEdit(path: string, why: string, line?: number): HoldfastError {
  const where = line === undefined ? path : `${path}, line ${line}`;
  return new HoldfastError('MANIFEST_EDIT_REFUSED', `${where}: ${why}`, {
    details: { path, ...(line !== undefined && { line }) },
  });
}
