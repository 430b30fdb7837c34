import assert from 'node:assert/strict';
import test from 'node:test';
import {
  contractChecks,
  runContractCheck,
  type Storage,
  type StorageCapabilities,
} from '../../src/storage/index.ts';

/** Makes a test of every promise of a store. `open` gives the store; whoever opened it closes it. */
export function testStorageContract(
  title: string,
  open: () => Promise<Storage>,
  capabilities: StorageCapabilities,
): void {
  test(`${title}: says what it can do`, async () => {
    assert.deepEqual((await open()).capabilities, capabilities);
  });
  for (const check of contractChecks) {
    if (check.needs !== undefined && !capabilities[check.needs]) continue;
    test(`${title}: ${check.promise}`, async () => {
      await runContractCheck(check, await open());
    });
  }
}
