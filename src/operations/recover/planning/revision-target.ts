import { type HostFacts, isKnown } from '../host/index.ts';
import type { HighWaterSource, PlannedRevision } from '../plan/index.ts';

/**
 * Room for what is written between this look and the moment when the last writer has stopped. etcd makes some ten
 * thousand revisions a second at most; the look after that moment refuses if it was not enough.
 */
const marginAfterLook = 1_000_000n;

/** Room where the last look may be long ago, or there was none: years of a busy cluster. */
const marginUnseen = 1_000_000_000n;

interface HighWater {
  readonly revision: bigint;
  readonly source: HighWaterSource;
}

/**
 * The revision that the restored cluster starts at: above every revision that any client may have seen. What live
 * members and old data say counts as of now; a ledger tells of a time that may have passed.
 * @param requestedBump what the user wants to be added, whatever is known
 */
export function planRevision(
  snapshotRevision: bigint,
  hosts: readonly HostFacts[],
  requestedBump: bigint | undefined,
): PlannedRevision {
  const seen = highest(hosts.flatMap(seenOn));
  const noted = highest(hosts.flatMap(notedOn));
  const marks = [seen, noted].filter((mark) => mark !== undefined);
  // What has not come as far as the snapshot is not what became of it: an etcd that began anew on an empty disk.
  const best = highest(marks.filter((mark) => mark.revision >= snapshotRevision));
  const bump = requestedBump ?? computeBump(snapshotRevision, seen, best);
  return {
    bump,
    target: snapshotRevision + bump,
    highWater: best?.revision,
    source: best?.source ?? 'unknown',
  };
}

/** What lies behind the ledger began anew, too: how far the lost store had come since, nobody has seen. */
function computeBump(snapshot: bigint, seen: HighWater | undefined, best: HighWater | undefined): bigint {
  const margin = best !== undefined && best === seen ? marginAfterLook : marginUnseen;
  return (best?.revision ?? snapshot) + margin - snapshot;
}

function seenOn({ discovery, dataDir }: HostFacts): HighWater[] {
  const live = discovery.live?.revision;
  const content = dataDir?.content;
  return [
    ...(live === undefined ? [] : [{ revision: live, source: 'live' } as const]),
    ...(isKnown(content) ? [{ revision: content.revision, source: 'data-dir' } as const] : []),
  ];
}

function notedOn({ ledger }: HostFacts): HighWater[] {
  return isKnown(ledger) ? [{ revision: ledger.highWater, source: 'ledger' }] : [];
}

/** The first of equals. */
function highest(marks: readonly HighWater[]): HighWater | undefined {
  return marks.reduce<HighWater | undefined>(
    (best, mark) => (best === undefined || mark.revision > best.revision ? mark : best),
    undefined,
  );
}
