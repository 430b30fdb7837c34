import type { ImportFormat, ImportResult } from '../../../operations/import/index.ts';
import type { CommandHost, FlagSpecs } from '../../command/index.ts';

const formats = [
  'snapshot',
  'database',
  'data-dir',
  'gardener',
  'kops',
  'k3s',
  'openshift',
  'talos-backup',
] as const satisfies readonly ImportFormat[];

/** What every command takes that reads backups of other tools. */
export const importFlags = {
  format: { kind: 'string', choices: formats, summary: 'what the backup must be (default: found out)' },
  'max-size': {
    kind: 'integer',
    default: 17_179_869_184n,
    minimum: 1n,
    valueName: 'bytes',
    summary: 'most that the backup may unpack to',
  },
} as const satisfies FlagSpecs;

export function tellWarnings({ warnings }: ImportResult, { ctx }: CommandHost): void {
  for (const message of warnings) ctx.log.warn(message);
}
