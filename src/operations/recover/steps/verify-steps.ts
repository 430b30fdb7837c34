import {
  compareWithApiServer,
  noteHandwork,
  verifyEtcd,
  waitForApiServer,
  waitForEtcd,
} from '../verify/index.ts';
import type { StepWork } from '../work/index.ts';
import { nothingToRevert, type Step } from './step.ts';

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
    { name: 'verify/handwork', phase: 'verify-api-server', apply: noteHandwork, revert: nothingToRevert },
  ];
}
