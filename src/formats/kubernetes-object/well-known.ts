/**
 * The JSON forms of times, durations and quantities.
 *
 * Source: k8s.io/apimachinery pkg/apis/meta/v1/{time,micro_time,duration}.go, pkg/api/resource/quantity.go (0.36.2);
 * Go's time.Duration.String.
 */

/** 0001-01-01 and 9999-12-31 in seconds of the Unix epoch: what four digits of a year can say. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

const daySeconds = 86_400;
const twoDigits = Array.from({ length: 60 }, (_none, number) => number.toString().padStart(2, '0'));

/** The times of a cluster lie close together: the last day is remembered as text. */
let lastDay = NaN;
let lastDate = '';

/** RFC 3339 in UTC with whole seconds, as `Time` is written; undefined where the year has not four digits. */
export function formatTime(seconds: number | bigint): string | undefined {
  const whole = Number(seconds);
  if (!(whole >= firstSecond && whole <= lastSecond)) return undefined;
  const day = Math.floor(whole / daySeconds);
  if (day !== lastDay) {
    lastDay = day;
    lastDate = new Date(day * daySeconds * 1000).toISOString().slice(0, 11);
  }
  const rest = whole - day * daySeconds;
  const hour = twoDigits[Math.floor(rest / 3600)]!;
  const minute = twoDigits[Math.floor(rest / 60) % 60]!;
  return `${lastDate}${hour}:${minute}:${twoDigits[rest % 60]!}Z`;
}

/** RFC 3339 in UTC with six digits of a second, as `MicroTime` is written. */
export function formatMicroTime(seconds: number | bigint, nanos: number): string | undefined {
  const carried = Number(seconds) + Math.floor(nanos / 1e9);
  const time = formatTime(carried);
  if (time === undefined) return undefined;
  const micros = Math.floor((((nanos % 1e9) + 1e9) % 1e9) / 1000);
  return `${time.slice(0, 19)}.${micros.toString().padStart(6, '0')}Z`;
}

/** Nanoseconds as Go prints a duration: `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(nanoseconds: number | bigint): string {
  const signed = BigInt(nanoseconds);
  const sign = signed < 0n ? '-' : '';
  const value = signed < 0n ? -signed : signed;
  if (value === 0n) return '0s';
  if (value < 1_000n) return `${sign}${value.toString()}ns`;
  if (value < 1_000_000n) return `${sign}${decimal(value, 3)}µs`;
  if (value < 1_000_000_000n) return `${sign}${decimal(value, 6)}ms`;
  const minutes = value / 60_000_000_000n;
  const seconds = `${decimal(value % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n
    ? `${sign}${minutes.toString()}m${seconds}`
    : `${sign}${hours.toString()}h${(minutes % 60n).toString()}m${seconds}`;
}

/** A number of units with so many decimal places, without zeros at its end. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
