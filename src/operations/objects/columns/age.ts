/**
 * Ages as kubectl writes them: two units while they are small, one later.
 *
 * Source: k8s.io/apimachinery pkg/util/duration/duration.go (0.36.2).
 */

/** Time between two moments in few characters: `45s`, `9m12s`, `5h30m`, `3d4h`, `2y10d`. */
export function formatDuration(timeMs: number): string {
  const seconds = Math.trunc(timeMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return twoUnits(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return hours < 24 * 365 * 8 ? twoUnits(years, 'y', days % 365, 'd') : `${years}y`;
}

/** How long ago a time stamp is; `<unknown>` where there is none. */
export function formatAge(stamp: string, nowMs: number | undefined): string {
  const atMs = Date.parse(stamp);
  return Number.isNaN(atMs) || nowMs === undefined ? '<unknown>' : formatDuration(nowMs - atMs);
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
