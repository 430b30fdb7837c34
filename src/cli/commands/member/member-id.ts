import { parseHexId, usageError } from '../../command/index.ts';

/** A member id in hex, as `member list` prints it. Errors: USAGE. */
export function parseMemberId(text = ''): bigint {
  const id = parseHexId(text);
  if (id === undefined) throw usageError(`bad member ID arg "${text}", expecting ID in Hex`);
  return id;
}

/** A comma-separated list of peer URLs. Errors: USAGE when there is none. */
export function parsePeerUrls(text: string | undefined): string[] {
  if (text === undefined || text === '')
    throw usageError('member peer urls not provided', 'Give --peer-urls.');
  return text.split(',');
}
