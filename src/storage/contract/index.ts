/** One suite for all stores: what the interface promises, tried out. */
export type { ContractCheck, ContractPlace } from './contract-check.ts';
export {
  contractChecks,
  type ContractOptions,
  contractPrefix,
  type ContractResult,
  runContract,
  runContractCheck,
} from './run-contract.ts';
