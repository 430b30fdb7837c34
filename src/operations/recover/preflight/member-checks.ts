import type { PlanCheck } from './checks-input.ts';

/** One member by two names is restored twice, and two members of one name are taken for one. */
export const checkMembersDiffer: PlanCheck = ({ plan }) => {
  const hostsOf = new Map<string, string[]>();
  plan.hosts.forEach(({ host, member: { name, peerUrls } }) => {
    for (const mark of [`the name ${name}`, ...peerUrls.map((url) => `the peer URL ${url}`)])
      hostsOf.set(mark, [...(hostsOf.get(mark) ?? []), host]);
  });
  return [...hostsOf]
    .filter(([, hosts]) => hosts.length > 1)
    .map(([mark, hosts]) => ({
      severity: 'fail',
      code: 'member-twice',
      message: `${hosts.join(' and ')} have the etcd member with ${mark}: name each host once, and give each member its own --name`,
    }));
};
