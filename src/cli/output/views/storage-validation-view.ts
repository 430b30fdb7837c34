import type { StorageCheck, ValidatedStorage } from '../../../operations/validate-storage/index.ts';
import type { View } from '../view.ts';
import { rowsView } from './rows-view.ts';

const statusWords: Readonly<Record<StorageCheck['status'], string>> = {
  ok: 'ok',
  failed: 'fail',
  absent: 'none',
};
/** The longest code of a check. */
const codeWidth = 15;

/** A check in a line, as soon as it was made. */
export function storageCheckLine({ code, status, message }: StorageCheck): string {
  return `${statusWords[status].padEnd(4)}  ${code.padEnd(codeWidth)}  ${message}`;
}

/** What the checks come to; as text each has had its line already. */
export function storageValidationView({ location, capabilities, ok, checks, left }: ValidatedStorage): View {
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const lines = [
    ...(left.length === 0 ? [] : [`Kept by object lock for a minute, and left there: ${left.join(', ')}`]),
    ok
      ? `${location}: no check failed`
      : `${location}: ${failed} of ${checks.length} checks failed, so backups are not safe there`,
  ];
  return {
    ...rowsView({
      header: ['check', 'status', 'what'],
      rows: checks.map(({ code, status, message }) => [code, statusWords[status], message]),
      json: {
        ...{ location, ok, capabilities: { ...capabilities } },
        checks: checks.map(({ code, status, message }) => ({ code, status, message })),
        left: [...left],
      },
    }),
    simple(output) {
      for (const line of lines) output.line(line);
    },
  };
}
