/** The highest revision that a cluster is known to have had. */
export { type Ledger, type LedgerEntry, ledgerPath, noteRevision, readLedger } from './ledger.ts';
