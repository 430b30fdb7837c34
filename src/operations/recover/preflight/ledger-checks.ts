import { isKnown } from '../host/index.ts';
import { onEachHost, type PlanCheck } from './checks-input.ts';

/** A ledger that cannot be read cannot be written either: found out at the end, it would undo the whole recovery. */
export const checkLedger: PlanCheck = onEachHost(({ ledger }) => {
  if (ledger === undefined || isKnown(ledger)) return [];
  return [
    {
      severity: 'fail',
      code: 'ledger-damaged',
      message: `${ledger.problem}; move it away: without it the revision is taken from etcd or from the data`,
    },
  ];
});
