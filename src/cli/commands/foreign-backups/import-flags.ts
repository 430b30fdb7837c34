import { defaultMaxUnpackedBytes, importFormats } from '../../../operations/import-choices/index.ts';
import type { ImportResult } from '../../../operations/import/index.ts';
import type { CommandHost, FlagSpecs } from '../../command/index.ts';

/** What every command takes that reads backups of other tools. */
export const importFlags = {
  format: { kind: 'string', choices: importFormats, summary: 'what the backup must be (default: found out)' },
  'max-size': {
    kind: 'integer',
    default: BigInt(defaultMaxUnpackedBytes),
    minimum: 1n,
    valueName: 'bytes',
    summary: 'most that the backup may unpack to',
  },
} as const satisfies FlagSpecs;

export function tellWarnings({ warnings }: ImportResult, { ctx }: CommandHost): void {
  for (const message of warnings) ctx.log.warn(message);
}
