import type {
  ExportedKeys,
  ImportedKeys,
  KeySummary,
  ListedKeys,
  RenewedKeys,
} from '../../../operations/repository-keys/index.ts';
import type { GoJson } from '../go-json.ts';
import type { View } from '../view.ts';
import { type RecordField, recordView } from './record-view.ts';
import { rowsView } from './rows-view.ts';

const kindWords: Readonly<Record<KeySummary['kind'], string>> = {
  passphrase: 'passphrase',
  'key-file': 'key file',
  age: 'age',
};

/** Labels lie in the store as they are: what is in one must not move a terminal. */
function plainText(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{FFFD}');
}

function keyJson({ id, label, kind, allows, generation, createdAt, recipients }: KeySummary) {
  return {
    ...{ id, label, kind, allows: [...allows], generation, createdAt },
    ...(kind === 'age' && { recipients: [...recipients] }),
  };
}

const header = ['id', 'kind', 'allows', 'generation', 'created', 'label'];

function cellsOf({ id, label, kind, allows, generation, createdAt }: KeySummary): string[] {
  return [id, kindWords[kind], allows.join(', '), String(generation), plainText(createdAt), plainText(label)];
}

/** All keys, and what is wrong with some. */
export function keyListView({ repositoryId, location, generation, keys, unreadable }: ListedKeys): View {
  const old = keys.filter((key) => key.allows.length > 1 && key.generation < generation);
  const lines = [
    ...unreadable.map(({ problem }) => problem.message),
    ...(old.length === 0
      ? []
      : [
          `The keys were rotated: ${old.map(({ id }) => id).join(', ')} read${old.length === 1 ? 's' : ''} nothing of ` +
            `generation ${generation}`,
        ]),
  ];
  return rowsView({
    header,
    rows: keys.map(cellsOf),
    json: {
      ...{ repositoryId, location, generation },
      keys: keys.map(keyJson),
      unreadable: unreadable.map(({ name, problem }) => ({
        ...{ name, code: problem.code, message: problem.message },
      })),
    },
    lines,
  });
}

function keyFields(key: KeySummary): RecordField[] {
  return [
    { title: 'ID', json: 'id', value: key.id },
    { title: 'Kind', json: 'kind', value: key.kind },
    { title: 'Allows', json: 'allows', value: key.allows.join(', ') },
    { title: 'Generation', json: 'generation', value: key.generation },
    { title: 'Label', json: 'label', value: key.label, text: plainText(key.label) },
  ];
}

interface KeyNotes {
  /** The key file that was made. */
  readonly path?: string;
  /** The key that it took the place of. */
  readonly replaced?: string;
}

/** A key that has come. */
export function keyView(what: 'added' | 'changed', key: KeySummary, { path, replaced }: KeyNotes): View {
  const words = `key ${key.id} (${kindWords[key.kind]}: ${key.allows.join(', ')})`;
  const lines = [
    what === 'added' ? `Added ${words}` : `Changed the passphrase: ${words} replaces ${replaced ?? ''}`,
  ];
  if (path !== undefined) lines.push(`Made ${path}: keep a copy of it somewhere else`);
  const notes: RecordField[] = [];
  if (path !== undefined) notes.push({ title: 'Path', json: 'path', value: path });
  if (replaced !== undefined) notes.push({ title: 'Replaced', json: 'replaced', value: replaced });
  const fields = [...keyFields(key), ...notes];
  const json: GoJson = {
    ...keyJson(key),
    ...Object.fromEntries(notes.map(({ json: name, value }) => [name, value])),
  };
  return { ...recordView(fields, lines), json: () => json };
}

/** The generation of keys that there is now, and the keys that stay behind. */
export function renewedKeysView({ generation, key, replaced, left }: RenewedKeys): View {
  const lines = [
    `What is stored from now on is sealed for generation ${generation}`,
    `Key ${key.id} reads all of it${replaced === undefined ? '' : `, and replaces ${replaced}`}`,
  ];
  if (left.length > 0) lines.push('These keys read what was stored before, and nothing newer:');
  return {
    ...recordView(
      [
        ...keyFields(key),
        { title: 'Replaced', json: 'replaced', value: replaced ?? '' },
        { title: 'Left behind', json: 'left', value: left.map(({ id }) => id).join(', ') },
      ],
      [],
    ),
    simple(output) {
      for (const line of lines) output.line(line);
      for (const old of left)
        output.line(`  ${old.id}  ${kindWords[old.kind]}  ${plainText(old.label)}`.trimEnd());
    },
    json: () => ({
      generation,
      key: keyJson(key),
      ...(replaced !== undefined && { replaced }),
      left: left.map(keyJson),
    }),
  };
}

/** What was written down; the sheet itself when it went to no file. */
export function exportedKeysView(exported: ExportedKeys, path: string | undefined): View {
  const { sheet, repositoryId, objects, left, key } = exported;
  const record = recordView(
    [
      { title: 'Repository', json: 'repositoryId', value: repositoryId },
      { title: 'Path', json: 'path', value: path ?? '' },
      { title: 'Objects', json: 'objects', value: objects.length },
      { title: 'Key', json: 'key', value: key?.id ?? '' },
    ],
    [
      `Wrote ${objects.length} objects to ${path ?? 'standard output'}`,
      ...left.map((name) => `${name} is damaged and not among them`),
      ...(key === undefined
        ? []
        : [`It holds key ${key.id} (${key.allows.join(', ')}): who has the file can use it`]),
    ],
  );
  return {
    ...record,
    ...(path === undefined && { simple: (output) => output.line(sheet.trimEnd()) }),
    json: () => ({
      ...{ repositoryId, objects: [...objects], left: [...left] },
      ...(key !== undefined && { key: keyJson(key) }),
      ...(path === undefined ? { sheet } : { path }),
    }),
  };
}

/** What came back. */
export function importedKeysView({ repositoryId, restored, replaced, left }: ImportedKeys): View {
  const rows = [
    ...restored.map((name) => [name, 'was missing, put back']),
    ...replaced.map((name) => [name, 'was changed, put back']),
    ...left.map((name) => [name, 'is missing, perhaps removed on purpose: not put back without --all-keys']),
  ];
  return rowsView({
    header: ['object', 'what'],
    rows,
    json: { repositoryId, restored: [...restored], replaced: [...replaced], left: [...left] },
    lines: rows.length === 0 ? [`Nothing of repository ${repositoryId} was missing`] : [],
  });
}
