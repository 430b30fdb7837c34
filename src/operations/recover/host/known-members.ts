import { type HostFacts, isKnown } from './host-facts.ts';

/** Ids of members that this cluster has, or had: of the old data, the running cluster and the ledger. */
export function knownMemberIds({ dataDir, discovery, ledger }: HostFacts): Set<string> {
  const content = dataDir?.content;
  return new Set([
    ...(isKnown(content) ? content.members.map(({ id }) => id) : []),
    ...(discovery.live?.members.map(({ id }) => id) ?? []),
    ...(isKnown(ledger) ? ledger.entries.flatMap(({ memberIds = [] }) => memberIds) : []),
  ]);
}
