/** What the commands on keys take: a source, and keys as etcdctl selects them. */
import type { KeySelection, KeysOptions } from '../../../operations/keys/index.ts';
import type { CommandHost, FlagSpecs, FlagValues } from '../../command/index.ts';
import { loadRequests } from '../kv/index.ts';

export const sourceArgument = {
  name: 'source',
  summary: 'a snapshot, a database, a data dir, or "live" for the etcd of the connection flags',
  takesBackup: true,
} as const;

export const selectionArguments = [
  { name: 'key', summary: 'the key, or where the range begins (everything)', optional: true },
  { name: 'range_end', summary: 'the end of the range, not part of it', optional: true },
] as const;

export const revisionFlag = {
  revision: {
    kind: 'integer',
    default: 0n,
    minimum: 0n,
    summary: 'look at this revision (the newest without it)',
  },
} as const satisfies FlagSpecs;

export const indexFlag = {
  index: {
    kind: 'boolean',
    summary: 'keep an index beside the file (FILE.holdfast-index), which makes the next look fast',
  },
} as const satisfies FlagSpecs;

export const rangeFlags = {
  prefix: { kind: 'boolean', summary: 'the keys with this prefix' },
  'from-key': { kind: 'boolean', summary: 'the keys that are greater than or equal to this key' },
} as const satisfies FlagSpecs;

export const sourceExitStatuses = {
  3: 'the file is not an etcd database, or is damaged',
  5: 'etcd is unreachable or did not answer in time',
} as const;

/** Errors: those of the connection flags, for `live`. */
export async function keysOptions(
  source: string,
  { revision, index }: { readonly revision: bigint; readonly index: boolean },
  host: CommandHost,
): Promise<KeysOptions> {
  return {
    source: source === 'live' ? { live: await host.clientOptions() } : source,
    revision,
    writeIndex: index,
  };
}

/** `[KEY [RANGE_END]]` with --prefix or --from-key; everything without a key. Errors: USAGE. */
export async function keySelection(
  words: readonly string[],
  flags: FlagValues<typeof rangeFlags>,
): Promise<KeySelection> {
  const { keyRange } = await loadRequests();
  if (words.length > 0) return keyRange(words, flags);
  return keyRange([''], { prefix: false, 'from-key': true });
}
