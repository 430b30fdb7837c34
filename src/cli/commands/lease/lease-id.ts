import { parsePlainInteger, usageError } from '../../command/index.ts';

/** A lease id in hex, as etcdctl prints it. Errors: USAGE. */
export function parseLeaseId(text = ''): bigint {
  const id = parsePlainInteger(text, 16);
  if (id === undefined) throw usageError(`bad lease ID arg "${text}", expecting ID in Hex`);
  return id;
}
