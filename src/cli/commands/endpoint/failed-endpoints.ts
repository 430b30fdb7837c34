import { HoldfastError } from '../../../base/index.ts';

interface Failed {
  readonly endpoint: string;
  readonly error: HoldfastError;
}

/** The reports that are failures. */
export function failuresOf(reports: readonly object[]): Failed[] {
  return reports.filter((report): report is Failed => 'error' in report);
}

/**
 * Throws when an endpoint failed, after what the others said has been printed; the first failure decides about the
 * exit status.
 */
export function throwIfFailed(reports: readonly object[]): void {
  const failures = failuresOf(reports);
  const [first] = failures;
  if (first === undefined) return;
  const { code, hint, message } = first.error;
  const text = reports.length === 1 ? message : `${failures.length} of ${reports.length} endpoints failed`;
  throw new HoldfastError(code, text, {
    hint,
    details: { endpoints: failures.map(({ endpoint }) => endpoint) },
    cause: first.error,
  });
}
