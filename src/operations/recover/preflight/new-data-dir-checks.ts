import { relative } from 'node:path';
import { onEachHost, type PlanCheck } from './checks-input.ts';

/** A new data dir stands for itself: not in what is kept of the old one, and not where the kubelet looks for pods. */
export const checkNewDataDir: PlanCheck = onEachHost(({ discovery: { manifestsDir } }, { plan }, index) => {
  const { mode, dataDir, oldDataDir } = plan.hosts[index]!;
  if (mode === 'replace') return [];
  const places = [
    { place: oldDataDir, what: 'the old data dir' },
    ...(manifestsDir === undefined ? [] : [{ place: manifestsDir, what: 'the manifests dir' }]),
  ];
  return places
    .filter(({ place }) => isWithin(place, dataDir) || isWithin(dataDir, place))
    .map(({ place, what }) => ({
      severity: 'fail',
      code: 'data-dir-place',
      message: `${dataDir} and ${what} ${place} are one inside the other; name a directory beside it`,
    }));
});

/** Whether a path is a directory, or below it. */
function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../');
}
