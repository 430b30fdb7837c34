import { type HostFacts, isKnown, knownMemberIds } from '../host/index.ts';
import { type ChecksInput, onEachHost, type PlanCheck } from './checks-input.ts';

/**
 * Whether snapshot and host are of one cluster: by the namespace kube-system, which outlives recoveries; else by ids
 * of members, those that the ledger remembers from before earlier recoveries included.
 */
export const checkIdentity: PlanCheck = onEachHost((facts, { snapshot, options }) => {
  const relation = relate(facts, snapshot);
  if (relation === 'same')
    return [{ severity: 'ok', code: 'same-cluster', message: 'the snapshot is of this cluster' }];
  if (relation === 'unknown') {
    return [
      {
        severity: 'warn',
        code: 'cluster-unknown',
        message: 'nothing is left here to tell whether the snapshot is of this cluster',
      },
    ];
  }
  return [
    {
      severity: options.allowOtherCluster === true ? 'warn' : 'fail',
      code: 'other-cluster',
      message: `the snapshot is of another cluster (${relation.difference}); --allow-other-cluster accepts that`,
    },
  ];
});

type Relation = 'same' | 'unknown' | { readonly difference: string };

function relate(facts: HostFacts, { kubeSystemUid, members }: ChecksInput['snapshot']): Relation {
  const content = facts.dataDir?.content;
  const hostUid = isKnown(content) ? content.kubeSystemUid : undefined;
  if (kubeSystemUid !== undefined && hostUid !== undefined) {
    return kubeSystemUid === hostUid ? 'same' : { difference: 'kube-system has another uid' };
  }
  const known = knownMemberIds(facts);
  if (known.size === 0 || members.length === 0) return 'unknown';
  return members.some(({ id }) => known.has(id)) ? 'same' : { difference: 'it has no member in common' };
}

/** A member that goes on as it was, beside members that are restored, makes two clusters of one. */
export const checkMembersCovered: PlanCheck = ({ hosts, plan, options }) => {
  const planned = new Set(plan.cluster.members.flatMap(({ peerUrls }) => peerUrls));
  const missing = new Map<string, string>();
  for (const { dataDir, discovery } of hosts) {
    const content = dataDir?.content;
    const live = discovery.live?.members ?? [];
    // An etcd that is down tells of no members; its data does.
    const members = live.length > 0 ? live : isKnown(content) ? content.members : [];
    for (const { name, id, peerUrls } of members)
      if (!peerUrls.some((url) => planned.has(url)))
        missing.set(id, `${name || id} (${peerUrls.join(', ')})`);
  }
  if (missing.size === 0) return [];
  return [
    {
      severity: options.abandonMembers === true ? 'warn' : 'fail',
      code: 'members-not-covered',
      message:
        `the cluster has members that no named host stands for: ${[...missing.values()].join('; ')}; ` +
        'name all hosts with --hosts, or give those up with --abandon-members once they are stopped for good',
    },
  ];
};
