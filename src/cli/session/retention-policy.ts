import type { RetentionPolicy } from '../../repository/retention/index.ts';
import { type FlagValues, type retentionFlags, usageError } from '../command/index.ts';

/** The policy that the values of `retentionFlags` say. Errors: USAGE, RETENTION_POLICY_INVALID. */
export async function readRetentionPolicy(
  flags: FlagValues<typeof retentionFlags>,
): Promise<RetentionPolicy> {
  const { parseKeepWithin, requirePolicy } = await import('../../repository/retention/index.ts');
  const within = flags['keep-within'] ?? '';
  const withinMs = within === '' ? undefined : parseKeepWithin(within);
  if (within !== '' && withinMs === undefined)
    throw usageError(
      `invalid span "${within}" for --keep-within`,
      'Write a number with h, d, w, mo (months) or y, such as 30d or 1y6mo.',
    );
  const policy = {
    last: numberOf(flags['keep-last']),
    hourly: numberOf(flags['keep-hourly']),
    daily: numberOf(flags['keep-daily']),
    weekly: numberOf(flags['keep-weekly']),
    monthly: numberOf(flags['keep-monthly']),
    yearly: numberOf(flags['keep-yearly']),
    withinMs,
    min: numberOf(flags['keep-min']),
    timeZone: flags['time-zone'] === '' ? undefined : flags['time-zone'],
  };
  requirePolicy(policy);
  return policy;
}

/** More than any repository holds is all of it. */
function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Math.min(Number(value), 1e9);
}
