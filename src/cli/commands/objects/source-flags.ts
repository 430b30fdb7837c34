import type { InspectionOptions, ReadCounts } from '../../../operations/objects/index.ts';
import { type CommandHost, type FlagSpecs, type FlagValues } from '../../command/index.ts';

/** What every command takes that looks into a source. */
export const sourceFlags = {
  revision: {
    kind: 'integer',
    default: 0n,
    minimum: 0n,
    summary: 'look at this revision (the newest without it)',
  },
  'encryption-config': {
    kind: 'string',
    valueName: 'file',
    summary:
      "the API server's EncryptionConfiguration (that of this host without it), to read what is encrypted",
  },
  'etcd-prefix': {
    kind: 'string',
    valueName: 'prefix',
    summary: "the API server's --etcd-prefix (found without it: /registry and others)",
  },
  index: {
    kind: 'boolean',
    summary: 'keep an index beside the file (FILE.holdfast-index), which makes the next look fast',
  },
} as const satisfies FlagSpecs;

export const sourceArgument = {
  name: 'source',
  summary: 'a snapshot, a database, a data dir, or "live" for the etcd of the connection flags',
  takesBackup: true,
} as const;

/** What the words and flags mean for the operation. Errors: those of the connection flags, for `live`. */
export async function inspectionOptions(
  source: string,
  flags: FlagValues<typeof sourceFlags>,
  host: CommandHost,
): Promise<InspectionOptions> {
  const { 'encryption-config': encryptionConfigFile, 'etcd-prefix': prefix, index, revision } = flags;
  return {
    source: source === 'live' ? { live: await host.clientOptions() } : source,
    revision,
    writeIndex: index,
    ...(prefix === undefined ? {} : { prefix }),
    ...(encryptionConfigFile === undefined
      ? { encryptionHost: { root: host.root, tell: tellOnce(host) } }
      : { encryptionConfigFile }),
  };
}

/** Where a configuration was found is said once, also by a command that looks into two sources. */
function tellOnce(host: CommandHost): (note: string) => void {
  const told = toldTo.get(host) ?? new Set();
  toldTo.set(host, told);
  return (note) => {
    if (host.globals.quiet || told.has(note)) return;
    told.add(note);
    host.say(note);
  };
}

const toldTo = new WeakMap<CommandHost, Set<string>>();

/** Says on stderr what could not be read, and what it wants. */
export function tellUnread(counts: ReadCounts, host: CommandHost): void {
  for (const [key, count] of counts.wantedKeys) {
    const refusal = counts.refusals.get(key);
    const why = refusal === undefined ? '' : `: ${refusal}`;
    host.say(
      `${objects(count)} encrypted and not read: ${count === 1 ? 'it wants' : 'they want'} ${key}${why}`,
    );
  }
  if (counts.undecoded > 0) host.say(`${objects(counts.undecoded)} damaged or no API object`);
  if (counts.ofUnknownKinds > 0)
    host.say(`${objects(counts.ofUnknownKinds)} of a kind that is not known: only the metadata is shown`);
  if (counts.withUnknownFields > 0)
    host.say(`in ${counts.withUnknownFields} objects there are fields that are not known; they are left out`);
}

function objects(count: number): string {
  return count === 1 ? '1 object is' : `${count} objects are`;
}
