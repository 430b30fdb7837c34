import { type Comparison, median } from './measure.ts';

export interface Row {
  readonly name: string;
  readonly comparison: Comparison;
  /** What the project promises: at most this many times the peer's wall time. Nothing without. */
  readonly target?: number;
  /** More tables, for a case of several steps. */
  readonly detail?: string;
}

const header = [
  'case',
  'ours s',
  'peer s',
  'ratio (min–max)',
  'target',
  'CPU ours/peer s',
  'peak MB ours/peer',
];

/** A Markdown table: medians, the ratio of wall times pair by pair with its spread, processor time, peak memory. */
export function formatReport(rows: readonly Row[]): string {
  const lines = rows.map(({ name, comparison: { ours, peer }, target }) => {
    const ratios = ours.map((run, index) => run.wallSeconds / peer[index]!.wallSeconds);
    const ratio = median(ratios);
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    const of = (runs: typeof ours, key: keyof (typeof ours)[number]) => median(runs.map((run) => run[key]));
    return [
      name,
      of(ours, 'wallSeconds').toFixed(3),
      of(peer, 'wallSeconds').toFixed(3),
      `${ratio.toFixed(2)} (${spread})`,
      target === undefined ? 'none' : `≤ ${target.toFixed(2)}${ratio <= target ? ' met' : ' missed'}`,
      `${of(ours, 'cpuSeconds').toFixed(2)} / ${of(peer, 'cpuSeconds').toFixed(2)}`,
      `${of(ours, 'peakMegabytes').toFixed(0)} / ${of(peer, 'peakMegabytes').toFixed(0)}`,
    ];
  });
  const all = [header, header.map(() => '---'), ...lines];
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
