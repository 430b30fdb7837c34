import type { NewKey } from '../../../../operations/repository-keys/index.ts';
import type { KeyUse } from '../../../../repository/index.ts';
import { type CommandHost, type FlagSpecs, type FlagValues, usageError } from '../../../command/index.ts';
import { readPassphrase } from '../../../input/index.ts';

/** Where a new passphrase comes from, beside `HOLDFAST_NEW_PASSPHRASE` and the terminal. */
export const newPassphraseFlags = {
  'new-passphrase-file': {
    kind: 'string',
    valueName: 'file',
    summary: 'file that holds the new passphrase',
  },
  'new-passphrase-command': {
    kind: 'string',
    valueName: 'command',
    summary: 'command that prints the new passphrase',
  },
} as const satisfies FlagSpecs;

/** What a new key opens with. */
export const newKeyFlags = {
  ...newPassphraseFlags,
  recipient: {
    kind: 'list',
    valueName: 'age1…',
    summary: 'age recipients: any of their identities opens it',
  },
  'new-key-file': {
    kind: 'string',
    valueName: 'file',
    summary: 'make this key file, which only its owner can read',
  },
} as const satisfies FlagSpecs;

/** Of kinds of keys at most one is asked for. Errors: USAGE. */
export function requireOneKind(flags: Partial<FlagValues<typeof newKeyFlags>>): void {
  const given = (Object.keys(newKeyFlags) as (keyof typeof newKeyFlags)[]).filter(
    (name) => flags[name] !== undefined,
  );
  if (given.length < 2) return;
  throw usageError(
    `${given.map((name) => `--${name}`).join(' and ')} exclude each other`,
    'A key opens with one thing; add another key for another.',
  );
}

/** The new key that the flags ask for; a passphrase when they name no kind. Errors: USAGE, those of reading it. */
export async function readNewKey(flags: FlagValues<typeof newKeyFlags>, host: CommandHost): Promise<NewKey> {
  const path = flags['new-key-file'];
  if (path !== undefined) return { kind: 'key-file', path };
  if (flags.recipient !== undefined) return { kind: 'age', recipients: flags.recipient };
  return { kind: 'passphrase', passphrase: await readNewPassphrase(flags, host) };
}

/** A new passphrase, asked twice on a terminal. Errors: USAGE, those of reading it. */
export async function readNewPassphrase(
  flags: FlagValues<typeof newPassphraseFlags>,
  host: CommandHost,
): Promise<string> {
  const passphrase = await readPassphrase(
    {
      file: flags['new-passphrase-file'],
      command: flags['new-passphrase-command'],
      variable: 'HOLDFAST_NEW_PASSPHRASE',
      question: 'New passphrase: ',
      isNew: true,
    },
    host,
  );
  if (passphrase !== undefined) return passphrase;
  throw usageError(
    'nothing was given for the new key to open with',
    'Give --new-passphrase-file, --new-passphrase-command or HOLDFAST_NEW_PASSPHRASE.',
  );
}

/** What a key is to allow; undefined for all that the one at hand does. Errors: USAGE. */
export function readUses(texts: readonly string[] | undefined): readonly KeyUse[] | undefined {
  if (texts === undefined) return undefined;
  const known: readonly KeyUse[] = ['write', 'read', 'bundle'];
  const wrong = texts.find((text) => !known.some((use) => use === text));
  if (wrong !== undefined)
    throw usageError(`invalid use "${wrong}" for --allow`, `Uses are ${known.join(', ')}.`);
  return known.filter((use) => texts.includes(use));
}
