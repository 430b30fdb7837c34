import { compareWithApiServer } from '../verify/api-server-lists.ts';
import { waitForApiServer } from '../verify/api-server-ready.ts';
import { waitForEtcd } from '../verify/etcd-ready.ts';
import { verifyEtcd } from '../verify/verify-etcd.ts';
import { nothingToRevert, type Step, type StepWork } from './step.ts';

export function verifyEtcdSteps(): Step[] {
  return [
    {
      name: 'verify/etcd-ready',
      phase: 'verify-etcd',
      apply: (work) => waitForEtcd(work, { previous: false }),
      revert: nothingToRevert,
    },
    { name: 'verify/etcd', phase: 'verify-etcd', apply: verifyEtcd, revert: nothingToRevert },
  ];
}

/** Nothing where there is no API server. */
export function verifyApiServerSteps({ host }: Pick<StepWork, 'host'>): Step[] {
  if (host.apiServer === undefined) return [];
  return [
    {
      name: 'verify/api-server-ready',
      phase: 'verify-api-server',
      apply: waitForApiServer,
      revert: nothingToRevert,
    },
    {
      name: 'verify/api-server',
      phase: 'verify-api-server',
      apply: compareWithApiServer,
      revert: nothingToRevert,
    },
  ];
}
