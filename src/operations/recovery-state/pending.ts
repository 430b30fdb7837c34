import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { journalPath } from './recovery-paths.ts';

/**
 * Whether a recovery of a host was begun and is neither finished nor undone. Looks at one name, so that every command
 * can afford it; a place that cannot be looked at holds nothing that concerns this user.
 */
export function isRecoveryPending(root: string): boolean {
  return existsSync(join(root, journalPath));
}
