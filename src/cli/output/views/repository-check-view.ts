import type { CheckStoredResult } from '../../../operations/upkeep/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { rowsView } from './rows-view.ts';

/** What is not as it should be, and which backups it hits. */
export function repositoryCheckView({ ok, check, rebuilt }: CheckStoredResult): View {
  const { findings, objects, bytes, packs, packsRead, backups, brokenBackups } = check;
  const lines = [
    `${objects} objects, ${formatHumanSize(bytes)}; ${packsRead} of ${packs} packs read in full; ${backups} backups`,
  ];
  if (rebuilt !== undefined) lines.unshift(`The index was written anew: it names ${rebuilt.packs} packs`);
  lines.push(...brokenBackups.map((id) => `Backup ${id} cannot be fetched in full`));
  lines.push(ok ? 'Nothing is damaged' : 'Something is damaged');
  return rowsView({
    header: ['severity', 'what', 'backups'],
    rows: findings.map(({ severity, message, backups: hit }) => [severity, message, hit.join(', ')]),
    json: {
      ...{ ok, objects, bytes, packs, packsRead, backups },
      brokenBackups: [...brokenBackups],
      findings: findings.map(({ severity, code, object, message, backups: hit }) => ({
        ...{ severity, code, object, message },
        backups: [...hit],
      })),
      rebuilt:
        rebuilt === undefined
          ? undefined
          : {
              packs: rebuilt.packs,
              replaced: rebuilt.replaced,
              unreadable: rebuilt.unreadable.map(({ name, why }) => ({ name, why })),
            },
    },
    lines,
  });
}
