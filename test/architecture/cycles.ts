import type { Violation } from './rules.ts';
import type { SourceFile } from './source-file.ts';

/** One violation for each set of files that reach each other, told along the shortest way around. */
export function checkCycles(files: readonly SourceFile[]): Violation[] {
  const graph = new Map(
    files.map((file) => [
      file.path,
      file.imports.map(({ target }) => target).filter((target) => target !== undefined),
    ]),
  );
  const reported = new Set<string>();
  const violations: Violation[] = [];
  for (const file of files) {
    if (reported.has(file.path)) continue;
    const cycle = shortestWayBack(file.path, graph);
    if (cycle === undefined) continue;
    for (const path of cycle) reported.add(path);
    const next = cycle[1] ?? file.path;
    const line = file.imports.find(({ target }) => target === next)?.line ?? 1;
    violations.push({
      rule: 'no cycles',
      path: file.path,
      line,
      what: `reaches itself: ${[...cycle, file.path].join(' -> ')}`,
    });
  }
  return violations;
}

function shortestWayBack(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of graph.get(path) ?? []) {
      if (next === start) return wayTo(path, cameFrom);
      if (cameFrom.has(next) || !graph.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let at = cameFrom.get(end); at !== undefined; at = cameFrom.get(at)) way.unshift(at);
  return way;
}
