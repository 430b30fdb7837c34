/**
 * A sheet for the safe: what opens a repository, as text that people can print, read and type again.
 *
 * Words for people, then each object between two lines that name it, as it lies in the store. With a line that begins
 * with `holdfast-key-1:` the sheet holds a key as well, and opens the repository by itself.
 */
import { displayText, HoldfastError, utf8 } from '../../base/index.ts';
import { configName, formatKeyFile, parseKeyFile } from '../keys/index.ts';
import type { PlainObject } from './list-slots.ts';

export interface KeySheet {
  readonly repositoryId: string;
  /** For people. */
  readonly location: string;
  /** ISO 8601. */
  readonly writtenAt: string;
  /** `config`, `generations/<n>`, `keys/<id>`. */
  readonly objects: readonly PlainObject[];
  /** What the key file of one of the slots holds. */
  readonly key?: Uint8Array;
}

/** Whether it is the name of an object that a sheet keeps. */
export function isPlainObjectName(name: string): boolean {
  return name === configName || /^generations\/[1-9]\d{0,4}$|^keys\/[0-9a-f]{16}$/.test(name);
}

const title = 'Holdfast key sheet 1';

/** The text of a sheet. Objects have to be text, which all are that were not damaged. */
export function formatKeySheet({ repositoryId, location, writtenAt, objects, key }: KeySheet): string {
  const secret =
    key === undefined
      ? [
          'It opens nothing by itself: that takes one of the passphrases, key files or age identities that the',
          'keys below are for.',
        ]
      : [
          'WHO HAS THIS SHEET CAN READ THE BACKUPS. The next line is a key. Save it in a file, and give that with',
          '--key-file:',
          '',
          formatKeyFile(key).trimEnd(),
        ];
  return [
    title,
    '',
    `Repository ${repositoryId} at ${location}, written ${writtenAt}.`,
    '',
    'This is what opens the repository, as it lies in its store. Where it is lost there, nobody can read the backups.',
    '"holdfast repo key import FILE" puts it back.',
    '',
    ...secret,
    '',
    ...objects.flatMap(({ name, bytes }) => [
      `-----BEGIN ${name}-----`,
      displayText(bytes).trimEnd(),
      `-----END ${name}-----`,
    ]),
    '',
  ].join('\n');
}

/** What a sheet holds. Nothing of it is proved. Errors: REPOSITORY_KEY_INVALID. */
export function parseKeySheet(text: string): Pick<KeySheet, 'objects' | 'key'> {
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  if (lines.find((line) => line !== '') !== title) throw invalid('a key sheet begins with other words');
  const objects: PlainObject[] = [];
  let key: Uint8Array | undefined;
  let open: { readonly name: string; readonly lines: string[] } | undefined;
  for (const line of lines) {
    const [, edge, name = ''] = /^-----(BEGIN|END) (\S+)-----$/.exec(line) ?? [];
    if (edge === undefined) {
      if (open !== undefined) open.lines.push(line);
      else if (line.startsWith('holdfast-key-1:')) key = parseKeyFile(line);
      continue;
    }
    if (!isPlainObjectName(name)) throw invalid('a key sheet names an object that is none of a repository');
    if (edge === 'BEGIN' ? open !== undefined : open?.name !== name)
      throw invalid(`the lines around ${name} in the key sheet do not match`);
    if (open !== undefined) objects.push({ name, bytes: utf8(`${open.lines.join('\n')}\n`) });
    open = open === undefined ? { name, lines: [] } : undefined;
  }
  if (open !== undefined) throw invalid(`the key sheet ends within ${open.name}`);
  if (!objects.some(({ name }) => name === configName)) throw invalid('the key sheet has no config');
  return { objects, ...(key !== undefined && { key }) };
}

function invalid(message: string): HoldfastError {
  return new HoldfastError('REPOSITORY_KEY_INVALID', message, {
    hint: 'Give a file that "holdfast repo key export" wrote, with nothing of it changed.',
  });
}
