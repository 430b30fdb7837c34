import type { OperationContext } from '../../../base/index.ts';
import type { LocalHost } from '../../../hosts/index.ts';
import { type DataDirPlace, inspectHost, type InspectOptions, type RecoveryHost } from '../host/index.ts';
import { foreseeImpact } from '../impact/index.ts';
import { type NotedKeys, withDataDir } from '../revisions/index.ts';

/** Looks at this host, and keeps of the old data what the comparison with the snapshot needs. */
export function openOldData(
  machine: LocalHost,
  options: InspectOptions,
  ctx: OperationContext,
): Pick<RecoveryHost, 'inspect' | 'foresee'> {
  let place: DataDirPlace | undefined;
  let keys: NotedKeys | undefined;
  return {
    async inspect() {
      const onOldKeys = (noted: NotedKeys) => (keys = noted);
      const facts = await inspectHost(machine, { ...options, onOldKeys }, ctx);
      place = facts.dataDir;
      return facts;
    },
    async foresee(snapshot) {
      const noted = keys;
      // They are needed once, and are as large as all keys together.
      keys = undefined;
      const nothing = { problem: 'there is no old data that can be read' };
      if (noted === undefined || place === undefined) return nothing;
      const impact = await withDataDir(machine, place.path, place.walDir, ({ store }) =>
        foreseeImpact(snapshot, { noted, store }, ctx),
      );
      return impact ?? nothing;
    },
  };
}
