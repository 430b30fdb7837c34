/**
 * Backups whose time cannot be believed. A policy that goes by time would forget the wrong ones because of them, so
 * they are kept, and take nobody's place.
 *
 * The doubts do not depend on what the policy forgets: of two backups that contradict each other both are kept, so
 * that the contradiction is still there the next time, and what was kept is kept again.
 */
import { formatSpan } from './retention-policy.ts';
import type { RetentionFacts, RetentionRecord } from './retention-record.ts';

/** A clock may be wrong by this, and a member may lag by it, before anybody wonders. */
const toleranceMs = 3_600_000;
/** From the time in a record to the put of the record: reading, uploading, waiting for a store. */
const longestUploadMs = 24 * 3_600_000;
/** The last time that JavaScript can name. */
const lastTimeMs = 8.64e15;

/** What is doubtful about each backup, in a sentence. Backups of one cluster only. */
export function findDoubts(
  records: readonly RetentionRecord[],
  facts: RetentionFacts,
): ReadonlyMap<string, string> {
  const doubts = new Map<string, string>();
  for (const record of records) {
    const doubt = ownDoubt(record, facts);
    if (doubt !== undefined) doubts.set(record.id, doubt);
  }
  const credible = records.filter(({ id }) => !doubts.has(id));
  for (const [id, doubt] of findContradictions(credible, records)) doubts.set(id, doubt);
  return doubts;
}

/** `2026-11-22 10:00 UTC`. */
export function formatTime(timeMs: number): string {
  if (!isTime(timeMs)) return 'a time that does not exist';
  return `${new Date(timeMs).toISOString().slice(0, -8).replace('T', ' ')} UTC`;
}

function isTime(timeMs: number): boolean {
  return Number.isFinite(timeMs) && timeMs >= 0 && timeMs <= lastTimeMs;
}

/** The record's own clock against that of the store and that of whoever asks. */
function ownDoubt(record: RetentionRecord, { nowMs, ignoreStoreTimes }: RetentionFacts): string | undefined {
  const { createdAtMs, copiedAtMs } = record;
  const storedAtMs = ignoreStoreTimes === true ? undefined : record.storedAtMs;
  if (!isTime(createdAtMs)) return 'its record gives no time that exists';
  if (createdAtMs > nowMs + toleranceMs)
    return `by its host's clock it was made at ${formatTime(createdAtMs)}, which is still to come`;
  if (storedAtMs === undefined) return undefined;
  if (storedAtMs > nowMs + toleranceMs)
    return `by the store's clock it was put at ${formatTime(storedAtMs)}, which is still to come`;
  const sentAtMs = copiedAtMs ?? createdAtMs;
  if (sentAtMs > storedAtMs + toleranceMs)
    return `its host's clock was ${formatSpan(sentAtMs - storedAtMs)} ahead of the store's`;
  if (sentAtMs < storedAtMs - longestUploadMs)
    return `its host's clock was ${formatSpan(storedAtMs - sentAtMs)} behind the store's, or the repository was copied by another tool`;
  return undefined;
}

/** Both sides of each contradiction, with the first that was found. */
function findContradictions(
  credible: readonly RetentionRecord[],
  all: readonly RetentionRecord[],
): ReadonlyMap<string, string> {
  const doubts = new Map<string, string>();
  const byTime = credible.toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  if (isOrderly(byTime)) return doubts;
  const hasSeen = sightOf(all);
  for (const [index, late] of byTime.entries())
    for (const early of byTime.slice(0, index)) {
      if (late.createdAtMs <= early.createdAtMs + toleranceMs) break;
      const why = contradiction(early, late, hasSeen);
      if (why === undefined) continue;
      const times = `${early.id} (${formatTime(early.createdAtMs)}) and ${late.id} (${formatTime(late.createdAtMs)})`;
      for (const { id } of [early, late])
        if (!doubts.has(id)) doubts.set(id, `the times of ${times} contradict their order: ${why}`);
    }
  return doubts;
}

/** In order of time, revisions do not go back and nobody names a later one: nothing to look into. */
function isOrderly(byTime: readonly RetentionRecord[]): boolean {
  const places = new Map(byTime.map(({ id }, index) => [id, index]));
  return byTime.every(
    (record, index) =>
      (index === 0 || record.revision >= byTime[index - 1]!.revision) &&
      namesOf(record).every((id) => (places.get(id) ?? -1) < index),
  );
}

/**
 * What speaks against the order of two times. That a backup names another in its own record stays known for as long
 * as both are there. What it knows through others may be lost with them, so that only ever excuses: revisions also go
 * back when a cluster is restored from a backup, and what is made then has seen what was there before.
 */
function contradiction(
  early: RetentionRecord,
  late: RetentionRecord,
  hasSeen: (later: RetentionRecord, earlier: RetentionRecord) => boolean,
): string | undefined {
  if (early.parent === late.id || early.seen.includes(late.id))
    return 'the first was made when the second was there already';
  if (late.revision < early.revision && !hasSeen(late, early))
    return `the first has revision ${early.revision}, the second ${late.revision}`;
  return undefined;
}

function namesOf({ parent, seen }: RetentionRecord): readonly string[] {
  return parent === undefined ? seen : [parent, ...seen];
}

/** Whether a backup knew of another, itself or through those that it knew of and that are still there. */
function sightOf(records: readonly RetentionRecord[]) {
  const byId = new Map(records.map((record) => [record.id, record]));
  // One backup is asked about many others in turn; keeping all answers would take the square of their number.
  let asked: { readonly id: string; readonly sees: ReadonlySet<string> } | undefined;
  return (later: RetentionRecord, earlier: RetentionRecord) => {
    if (asked?.id !== later.id) asked = { id: later.id, sees: seenBy(later, byId) };
    return asked.sees.has(earlier.id);
  };
}

function seenBy(record: RetentionRecord, byId: ReadonlyMap<string, RetentionRecord>): ReadonlySet<string> {
  const sees = new Set<string>();
  const ahead = [...namesOf(record)];
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    if (sees.has(id)) continue;
    sees.add(id);
    const next = byId.get(id);
    if (next !== undefined) ahead.push(...namesOf(next));
  }
  return sees;
}
