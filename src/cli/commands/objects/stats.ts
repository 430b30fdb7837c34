import type { ObjectShare, ObjectStats } from '../../../operations/objects/index.ts';
import { defineCommand } from '../../command/index.ts';
import { formatHumanSize, type View } from '../../output/index.ts';
import { inspectionOptions, sourceArgument, sourceFlags } from './source-flags.ts';

export const objectsStatsCommand = defineCommand({
  path: ['objects', 'stats'],
  summary: 'objects, bytes and changes by resource and by namespace, and the largest objects',
  description:
    'Sizes are those of stored records. "history" is what a compaction would free inside the database, which a ' +
    'defragmentation then returns to the disk; a live etcd does not tell it. What both would leave of the database ' +
    'is an estimate, good to 5% or 64 KiB.',
  args: [sourceArgument],
  flags: { ...sourceFlags },
  formats: ['simple', 'json'],
  examples: [{ command: 'holdfast objects stats snapshot.db', explains: 'What fills the database' }],
  async run({ args, flags }, host) {
    const { objectStats } = await import('../../../operations/objects/index.ts');
    host.print(statsView(await objectStats(await inspectionOptions(args[0]!, flags, host), host.ctx)));
    return undefined;
  },
});

function statsView(stats: ObjectStats): View {
  return {
    simple(output) {
      const { total, byResource, byNamespace, largest, freedByCompactionBytes } = stats;
      for (const line of shareTable('RESOURCE', byResource)) output.line(line);
      output.line('');
      for (const line of shareTable('NAMESPACE', byNamespace)) output.line(line);
      output.line('');
      output.line('LARGEST OBJECTS');
      for (const { key, recordBytes } of largest) output.line(`${size(recordBytes).padStart(9)}  ${key}`);
      output.line('');
      output.line(`${total.objects} objects, ${size(total.liveBytes)}, at revision ${stats.revision}`);
      if (stats.hasHistory) {
        output.line(
          `${total.revisions} revisions held; a compaction would free ${size(freedByCompactionBytes)}`,
        );
      }
      output.line(spaceLine(stats.space));
    },
    json: () => {
      const { byResource, byNamespace, largest, total, space, ...facts } = stats;
      const share = (each: ObjectShare) => ({ ...each });
      return {
        ...facts,
        space: { ...space },
        total: share(total),
        byResource: byResource.map(share),
        byNamespace: byNamespace.map(share),
        largest: largest.map((each) => ({ ...each })),
      };
    },
  };
}

const size = (bytes: number) => formatHumanSize(BigInt(bytes));

function spaceLine({ sizeBytes, freeBytes, compactedBytes }: ObjectStats['space']): string {
  const free = freeBytes === undefined ? '' : `, ${size(freeBytes)} of it free pages`;
  return `the database is ${size(sizeBytes)}${free}; compacted and defragmented about ${size(compactedBytes)}`;
}

const barWidth = 20;

function shareTable(title: string, shares: readonly ObjectShare[]): string[] {
  const header = [title, 'OBJECTS', 'BYTES', 'REVISIONS', 'DELETIONS', 'HISTORY', ''];
  const most = Math.max(1, ...shares.map(({ liveBytes, historyBytes }) => liveBytes + historyBytes));
  const bar = (bytes: number) => Math.round((bytes / most) * barWidth);
  const rows = shares.map(({ name, objects, liveBytes, revisions, deletions, historyBytes }) => [
    name === '' ? '(cluster)' : name,
    `${objects}`,
    size(liveBytes),
    `${revisions}`,
    `${deletions}`,
    size(historyBytes),
    '█'.repeat(bar(liveBytes)) + '░'.repeat(bar(historyBytes)),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => {
        const isText = column === 0 || column === header.length - 1;
        return isText ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
      })
      .join('  ')
      .trimEnd(),
  );
}
