/** Hours, days, weeks, months and years of a time zone, as people there name them. */

export type BucketRule = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

export const bucketRules: readonly BucketRule[] = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];

/** Gives the bucket of a time: equal for times of the same bucket, and fit for people. */
export type BucketNamer = (rule: BucketRule, timeMs: number) => string;

const dayMs = 86_400_000;
const minuteMs = 60_000;

export function isTimeZone(name: string): boolean {
  try {
    // An offset is one too, but has no summer; the runtime takes it, and so do we.
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Buckets of a zone. A day of 23 or 25 hours is one day; the hour that comes twice in autumn is two hours, told apart
 * by their offset from UTC. Weeks begin on Monday and are numbered as in ISO 8601.
 */
export function bucketNamer(timeZone: string | undefined): BucketNamer {
  const offsetOf = timeZone === undefined ? () => 0 : zoneOffset(timeZone);
  return (rule, timeMs) => {
    const offsetMs = offsetOf(timeMs);
    const local = new Date(timeMs + offsetMs);
    // Much quicker than as an ISO text, and called for every backup and rule.
    const year = String(local.getUTCFullYear());
    const month = `${year}-${two(local.getUTCMonth() + 1)}`;
    const date = `${month}-${two(local.getUTCDate())}`;
    switch (rule) {
      case 'hourly':
        return `${date} ${two(local.getUTCHours())}:00${formatOffset(timeZone, offsetMs)}`;
      case 'daily':
        return date;
      case 'weekly':
        return weekOf(local);
      case 'monthly':
        return month;
      case 'yearly':
        return year;
    }
  };
}

/** The week is that of its Thursday. */
function weekOf(local: Date): string {
  const weekday = (local.getUTCDay() + 6) % 7;
  const thursday = new Date(local.getTime() + (3 - weekday) * dayMs);
  const year = thursday.getUTCFullYear();
  const dayOfYear = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / dayMs);
  return `${year}-W${two(1 + Math.floor(dayOfYear / 7))}`;
}

function zoneOffset(timeZone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    era: 'short',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    const localMs = Date.UTC(
      number('year'),
      number('month') - 1,
      number('day'),
      number('hour'),
      number('minute'),
      number('second'),
    );
    return localMs - Math.floor(timeMs / 1000) * 1000;
  };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function formatOffset(timeZone: string | undefined, offsetMs: number): string {
  if (timeZone === undefined) return ' UTC';
  const minutes = Math.round(Math.abs(offsetMs) / minuteMs);
  return ` ${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
