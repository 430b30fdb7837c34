/** The highest revision that a cluster is known to have had, kept beside its data dir. */
export {
  type Ledger,
  type LedgerEntry,
  ledgerPath,
  noteRevision,
  readLedger,
  removeUnfinishedLedger,
} from './ledger.ts';
export { tryNoteSave } from './note-save.ts';
