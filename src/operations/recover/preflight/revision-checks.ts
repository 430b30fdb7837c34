import type { PlanCheck } from './checks-input.ts';

/** Revisions are signed numbers of 64 bits; half of them is more than any cluster will ever write. */
const mostRevision = 2n ** 62n;

/** Clients that have seen a revision must never see it again for something else. */
export const checkRevision: PlanCheck = ({ plan }) => {
  const { bump, target, highWater, source } = plan.revision;
  if (target > mostRevision) {
    return [
      {
        severity: 'fail',
        code: 'revision-too-high',
        message:
          `the cluster would start at revision ${target}, too near to the end of what etcd can count` +
          (source === 'ledger'
            ? '; the ledger says so: move it away if it is wrong'
            : '; give a smaller --bump-revision'),
      },
    ];
  }
  if (bump === 0n) {
    return [
      {
        severity: 'warn',
        code: 'revision-rewinds',
        message:
          'without a bump the revision goes back: caches of API servers, controllers and kubelets keep the newer ' +
          'state for as long as they run',
      },
    ];
  }
  if (highWater === undefined) {
    return [
      {
        severity: 'warn',
        code: 'high-water-unknown',
        message: `nothing here tells how far the revision had come; ${bump} is added and taken to be enough`,
      },
    ];
  }
  if (target <= highWater) {
    return [
      {
        severity: 'fail',
        code: 'bump-too-small',
        message:
          `with a bump of ${bump} the cluster starts at revision ${target}, and ${highWater} has been seen already; ` +
          'without --bump-revision enough is added, with --no-bump the revision goes back',
      },
    ];
  }
  const from = {
    live: 'the running etcd',
    'data-dir': 'the old data dir',
    ledger: 'the ledger',
    unknown: '',
  }[source];
  return [
    {
      severity: 'ok',
      code: 'revision-goes-on',
      message: `the cluster starts at revision ${target}, above ${highWater} (from ${from})`,
    },
  ];
};
