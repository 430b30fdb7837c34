/** The report of etcd's tools/benchmark. */

/** One of its summaries. */
export interface LoadSummary {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Throws with the text when a request failed or a summary is missing. */
export function parseBenchmarkReport(text: string, summaries: number): LoadSummary[] {
  const found = text.split(/\bSummary:\n/).slice(1);
  if (found.length !== summaries || text.includes('Error distribution'))
    throw new Error(`the benchmark did not end well:\n${text.slice(-2000)}`);
  return found.map((part) => ({
    perSecond: Number(/Requests\/sec:\s+(\S+)/.exec(part)?.[1]),
    p50Ms: percentile(part, '50'),
    p99Ms: percentile(part, '99'),
  }));
}

/** The tool leaves out percentiles of nothing. */
function percentile(part: string, name: string): number {
  return 1000 * Number(new RegExp(`^ +${name}% in (\\S+) secs`, 'm').exec(part)?.[1] ?? 0);
}
