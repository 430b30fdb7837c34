/** Buckets `auth`, `authUsers`, `authRoles`. Names of users and roles stay out of the report but for their rows in hex. */
import { compareBytes, utf8 } from '../../base/index.ts';
import {
  authKeys,
  decodeAuthEnabled,
  decodeRole,
  decodeUint64Record,
  decodeUser,
  type KeyValueStoreFile,
  type StoreEntry,
} from '../../formats/mvcc/index.ts';
import { counted, FindingLog, type VerifyCheck } from './check-report.ts';
import { locateIn } from './row-location.ts';

export function checkAuth(store: KeyValueStoreFile): VerifyCheck {
  const log = new FindingLog();
  let facts = '';
  log.guard(() => {
    const isOn = readEnabled(store, log);
    const roles = checkEach(store, 'authRoles', log, (entry) => checkRole(entry, log));
    const users = checkEach(store, 'authUsers', log, (entry) => checkUser(store, entry, log));
    if (isOn) checkEnabled(store, log);
    facts = `${isOn ? 'on' : 'off'}, ${counted(users, 'user')}, ${counted(roles, 'role')}`;
  });
  return log.check('auth', facts);
}

function readEnabled(store: KeyValueStoreFile, log: FindingLog): boolean {
  const auth = store.bucket('auth');
  let isOn = false;
  log.guard(() => {
    const enabled = auth?.get(utf8(authKeys.enabled));
    isOn = enabled !== undefined && decodeAuthEnabled(enabled);
  });
  log.guard(() => {
    const revision = auth?.get(utf8(authKeys.revision));
    if (revision !== undefined) decodeUint64Record(revision, 'auth/authRevision');
  });
  return isOn;
}

function checkEach(
  store: KeyValueStoreFile,
  bucket: string,
  log: FindingLog,
  check: (entry: StoreEntry) => void,
): number {
  let rows = 0;
  for (const entry of store.bucket(bucket)?.entries() ?? []) {
    rows++;
    log.guard(() => check(entry));
  }
  return rows;
}

function checkRole({ key, value }: StoreEntry, log: FindingLog): void {
  const role = decodeRole(value);
  if (compareBytes(role.name, key) !== 0) {
    log.fail('role-name', 'a role has another name than its row', locateIn('authRoles', key));
  }
}

function checkUser(store: KeyValueStoreFile, { key, value }: StoreEntry, log: FindingLog): void {
  const user = decodeUser(value);
  const where = locateIn('authUsers', key);
  if (compareBytes(user.name, key) !== 0)
    log.fail('user-name', 'a user has another name than its row', where);
  const missing = user.roles.filter((role) => store.bucket('authRoles')?.get(utf8(role)) === undefined);
  if (missing.length > 0) {
    log.warn('role-missing', `a user has ${counted(missing.length, 'role')} that do not exist`, where);
  }
}

/** etcd does not turn authentication on without a user root who has the role root, nor lets go of it afterwards. */
function checkEnabled(store: KeyValueStoreFile, log: FindingLog): void {
  log.note('auth-on', 'authentication stays on after a restore, with the users and passwords of this file');
  const root = store.bucket('authUsers')?.get(utf8('root'));
  if (root !== undefined && decodeUser(root).roles.includes('root')) return;
  log.warn('root-missing', 'authentication is on and no user root has the role root: nobody can administer');
}
