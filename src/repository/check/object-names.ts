/** What the objects of a repository are called. */
import { isStamp } from '../records/index.ts';

export type NamedObject =
  | 'config'
  | 'slot'
  | 'generation'
  | 'pack'
  | 'segment'
  | 'record'
  | 'session'
  | 'marker'
  | 'tombstone'
  | 'pin'
  | 'result';

const hex64 = /^[0-9a-f]{64}$/;

const patterns: Readonly<Record<string, readonly [NamedObject, (rest: string) => boolean]>> = {
  keys: ['slot', (rest) => /^[0-9a-f]{16}$/.test(rest)],
  generations: ['generation', (rest) => /^[1-9]\d{0,4}$/.test(rest)],
  packs: [
    'pack',
    (rest) => rest[2] === '/' && hex64.test(rest.slice(3)) && rest.slice(3).startsWith(rest.slice(0, 2)),
  ],
  index: ['segment', (rest) => hex64.test(rest)],
  backups: ['record', isStamp],
  sessions: ['session', isStamp],
  prune: ['marker', isStamp],
  forgotten: ['tombstone', isStamp],
  pins: ['pin', isStampOfBackup],
  results: ['result', isStampOfBackup],
};

function isStampOfBackup(rest: string): boolean {
  const stamps = rest.split('/');
  return stamps.length === 2 && stamps.every(isStamp);
}

/** What an object of this name is; undefined for one that is not ours. */
export function objectOfName(name: string): NamedObject | undefined {
  if (name === 'config') return 'config';
  const [directory = ''] = name.split('/', 1);
  const [kind, fits] = patterns[directory] ?? [];
  return fits?.(name.slice(directory.length + 1)) === true ? kind : undefined;
}
