import type { RepositoryStats } from '../../../operations/repository-stats/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { rowsView } from './rows-view.ts';

type Group = RepositoryStats['groups'] extends ReadonlyMap<infer G, unknown> ? G : never;
type Row = readonly [what: string, value: string];

const groupWords: Readonly<Record<Group, string>> = {
  chunkPack: 'packs of rows',
  tablePack: 'packs of tables',
  bundlePack: 'packs of bundles',
  unnamedPack: 'packs not in the index',
  index: 'index',
  record: 'records',
  key: 'config and keys',
  statement: 'results, pins, others',
  foreign: 'of somebody else',
};

/** A repository in numbers, in two columns. */
export function repositoryStatsView(stats: RepositoryStats): View {
  const problems = stats.problems.map(({ message }) => `not counted: ${message}`);
  return rowsView({
    header: ['what', 'value'],
    rows: [...identityRows(stats), ...sizeRows(stats), ...additionRows(stats), ...unneededRows(stats)],
    json: statsJson(stats),
    lines: problems,
  });
}

function identityRows(stats: RepositoryStats): Row[] {
  const { location, repositoryId, createdAt, keys, generation, backups, verified, pinned } = stats;
  const kinds = [
    [keys.passphrase, 'passphrase'],
    [keys['key-file'], 'key file'],
    [keys.age, 'age'],
  ].flatMap(([count, kind]) => (count === 0 ? [] : [`${count} ${kind}`]));
  const rotated = generation === 1 ? '' : `; generation ${generation}`;
  const rows: Row[] = [
    ['location', location],
    ['repository', `${repositoryId}, made ${createdAt}`],
    ['keys', `${kinds.join(', ')}${rotated}`],
    ['backups', `${backups} (${verified} verified, ${pinned} pinned)`],
  ];
  if (stats.oldest !== undefined) rows.push(['oldest', stats.oldest]);
  if (stats.newest !== undefined) rows.push(['newest', stats.newest]);
  return rows;
}

function sizeRows({ databaseBytes, rowBytes, rows, stored, groups }: RepositoryStats): Row[] {
  const parts = (Object.keys(groupWords) as Group[]).flatMap((group): Row[] => {
    const counted = groups.get(group);
    if (counted === undefined) return [];
    return [[`  ${groupWords[group]}`, `${formatHumanSize(counted.bytes)} in ${counted.objects}`]];
  });
  const inBackups: Row[] = [
    ['databases', formatHumanSize(databaseBytes)],
    ['rows in them', formatHumanSize(rowBytes)],
    ['each row once', formatHumanSize(rows.contentBytes) + ratioText(rowBytes, rows.contentBytes)],
    ['compressed', formatHumanSize(rows.pieceBytes) + ratioText(rows.contentBytes, rows.pieceBytes)],
  ];
  const than = ratioText(databaseBytes, stored.bytes, ' than the databases');
  return [
    ...(rows.contents === 0 && databaseBytes === 0 ? [] : inBackups),
    ['stored', `${formatHumanSize(stored.bytes)} in ${stored.objects} objects${than}`],
    ...parts,
  ];
}

function additionRows({ additions }: RepositoryStats): Row[] {
  const sizes = additions.map(({ storedBytes }) => storedBytes).sort((a, b) => a - b);
  const most = sizes.at(-1);
  if (most === undefined) return [];
  const median = sizes[sizes.length >> 1]!;
  return [['stored by a backup', `${formatHumanSize(median)} (median), ${formatHumanSize(most)} (most)`]];
}

function unneededRows({ unneeded }: RepositoryStats): Row[] {
  if (unneeded === undefined) return [];
  const { freedBytes, stayingBytes } = unneeded;
  const staying = stayingBytes === 0 ? '' : `; ${formatHumanSize(stayingBytes)} of waste would stay`;
  return [['a prune would free', formatHumanSize(freedBytes) + staying]];
}

/** `, 12.5 times less`; nothing where there is nothing to compare. */
function ratioText(before: number, after: number, than = ''): string {
  const ratio = ratioOf(before, after);
  return ratio === undefined || ratio < 1 ? '' : `, ${ratio.toFixed(1)} times less${than}`;
}

function ratioOf(before: number, after: number): number | undefined {
  return before === 0 || after === 0 ? undefined : before / after;
}

function statsJson(stats: RepositoryStats) {
  const { databaseBytes, rowBytes, rows, stored, unneeded } = stats;
  const ratio = (before: number, after: number) => {
    const value = ratioOf(before, after);
    return value === undefined ? undefined : Math.round(value * 100) / 100;
  };
  return {
    repositoryId: stats.repositoryId,
    location: stats.location,
    createdAt: stats.createdAt,
    store: { ...stats.capabilities },
    keys: { ...stats.keys },
    generation: stats.generation,
    backups: stats.backups,
    verified: stats.verified,
    pinned: stats.pinned,
    oldest: stats.oldest,
    newest: stats.newest,
    databaseBytes,
    rowBytes,
    uniqueRowBytes: rows.contentBytes,
    compressedRowBytes: rows.pieceBytes,
    chunks: rows.contents,
    storedBytes: stored.bytes,
    storedObjects: stored.objects,
    dedupeRatio: ratio(rowBytes, rows.contentBytes),
    compressionRatio: ratio(rows.contentBytes, rows.pieceBytes),
    ratio: ratio(databaseBytes, stored.bytes),
    groups: Object.fromEntries([...stats.groups].map(([group, counted]) => [group, { ...counted }])),
    perBackup: stats.additions.map((addition) => ({ ...addition })),
    unneeded: unneeded === undefined ? undefined : { ...unneeded },
    problems: stats.problems.map(({ code, message }) => ({ code, message })),
  };
}
