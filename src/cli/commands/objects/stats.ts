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
  steps: 'log-file',
  async run({ args, flags }, host) {
    const { objectStats } = await import('../../../operations/objects/index.ts');
    const stats = await objectStats(await inspectionOptions(args[0]!, flags, host), host.ctx);
    host.print(statsView(stats, host.io.stdout.columns));
    return undefined;
  },
});

/** @param columns of the terminal, if there is one */
function statsView(stats: ObjectStats, columns: number | undefined): View {
  return {
    simple(output) {
      const { total, byResource, byNamespace, largest, freedByCompactionBytes } = stats;
      for (const line of shareTable('RESOURCE', byResource, columns)) output.line(line);
      output.line('');
      for (const line of shareTable('NAMESPACE', byNamespace, columns)) output.line(line);
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

const longestBar = 20;
/** A shorter bar shows nothing; a shorter name is not known again. */
const shortestBar = 8;
const shortestName = 24;

/** On a terminal each row is one line: what does not fit is taken from the bars, then from the names. */
function shareTable(title: string, shares: readonly ObjectShare[], columns = Infinity): string[] {
  const header = ['OBJECTS', 'BYTES', 'REVISIONS', 'DELETIONS', 'HISTORY'];
  const rows = shares.map(({ objects, liveBytes, revisions, deletions, historyBytes }) => [
    `${objects}`,
    size(liveBytes),
    `${revisions}`,
    `${deletions}`,
    size(historyBytes),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  const numbers = [header, ...rows].map((row) =>
    row.map((cell, column) => `  ${cell.padStart(widths[column]!)}`).join(''),
  );
  const names = [title, ...shares.map(({ name }) => (name === '' ? '(cluster)' : name))];
  const room = columns - numbers[0]!.length;
  const nameWidth = Math.min(Math.max(...names.map(({ length }) => length)), Math.max(shortestName, room));
  const barRoom = room - nameWidth - 2;
  const bars = ['', ...barsOf(shares, barRoom < shortestBar ? 0 : Math.min(longestBar, barRoom))];
  return names.map((name, row) =>
    `${cut(name, nameWidth).padEnd(nameWidth)}${numbers[row]!}  ${bars[row]!}`.trimEnd(),
  );
}

/** What is alive and what is history, beside the largest of all. */
function barsOf(shares: readonly ObjectShare[], width: number): string[] {
  const most = Math.max(1, ...shares.map(({ liveBytes, historyBytes }) => liveBytes + historyBytes));
  const part = (bytes: number) => Math.round((bytes / most) * width);
  return shares.map(
    ({ liveBytes, historyBytes }) => '█'.repeat(part(liveBytes)) + '░'.repeat(part(historyBytes)),
  );
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
