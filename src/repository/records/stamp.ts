import { randomBytes } from 'node:crypto';

const pattern = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-f]{8}$/;

/**
 * A new stamp, `YYYYMMDD-HHMMSS-xxxxxxxx`: the time in UTC, and eight hex digits, of which the first three are the
 * millisecond, so that what one host makes within a second is in order, and the others random.
 */
export function newStamp(nowMs: number): string {
  const [date, time] = new Date(nowMs).toISOString().split('T') as [string, string];
  const millisecond = Number(time.slice(9, 12)).toString(16).padStart(3, '0');
  const random = randomBytes(3).toString('hex').slice(1);
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${millisecond}${random}`;
}

/** Whether a text is a stamp of a time that exists. */
export function isStamp(text: string): boolean {
  return stampTimeMs(text) !== undefined;
}

/** The time in a stamp, in milliseconds since the epoch; undefined when it is none. By the clock of who wrote it. */
export function stampTimeMs(stamp: string): number | undefined {
  const match = pattern.exec(stamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const timeMs = Date.parse(iso);
  // 30 February would be taken for 2 March.
  return Number.isNaN(timeMs) || new Date(timeMs).toISOString() !== iso ? undefined : timeMs;
}

/** By time; of the same millisecond by the random digits, so that everybody sorts alike. */
export function compareStamps(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
