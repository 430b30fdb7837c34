/**
 * Who may do what, as etcd decides it again when an entry is applied: with auth on, a request that was let in may be
 * refused because roles changed in between.
 *
 * Source: etcd server/auth/{store,range_perm_cache}.go, server/etcdserver/apply/apply_auth.go (3.6.14).
 */
import { utf8 } from '../../base/index.ts';
import {
  authKeys,
  decodeAuthEnabled,
  decodeRole,
  decodeUint64Record,
  decodeUser,
  type KeyPermission,
  permissionTypes,
  type UserRecord,
} from '../mvcc/index.ts';
import type { KeyRangeRequest, PutRequest, RequestOp, TxnRequest } from './kv-requests.ts';
import { keyToText, type OverlayStore } from './overlay-store.ts';
import type { RaftRequest, RequestHeader } from './raft-request.ts';
import { mergeRanges, type TextRange, textRange } from './wanted-keys.ts';

export const rootName = 'root';

export function isAuthEnabled(store: OverlayStore): boolean {
  const value = store.bucket('auth')?.get(utf8(authKeys.enabled));
  return value !== undefined && decodeAuthEnabled(value);
}

export function authRevision(store: OverlayStore): bigint {
  const value = store.bucket('auth')?.get(utf8(authKeys.revision));
  return value === undefined ? 0n : decodeUint64Record(value, 'auth/authRevision');
}

export function readUser(store: OverlayStore, name: string): UserRecord | undefined {
  const value = store.bucket('authUsers')?.get(utf8(name));
  return value === undefined ? undefined : decodeUser(value);
}

/** Whether the sender of a request may have it done now. */
export function isPermitted(
  store: OverlayStore,
  { header, request }: { readonly header: RequestHeader; readonly request: RaftRequest },
  keysOfLease: (id: bigint) => readonly Uint8Array[],
): boolean {
  if (!isAuthEnabled(store)) return true;
  const check = new PermissionCheck(store, header, keysOfLease);
  switch (request.kind) {
    case 'put':
      return check.mayPut(request.put);
    case 'deleteRange':
      return check.mayDelete(request.deleteRange);
    case 'txn':
      return check.mayTxn(request.txn);
    case 'leaseRevoke':
      return check.mayUseLease(request.id);
    case 'auth':
      return check.isAdmin();
    default:
      return true;
  }
}

class PermissionCheck {
  readonly #store: OverlayStore;
  readonly #keysOfLease: (id: bigint) => readonly Uint8Array[];
  readonly #user: UserRecord | undefined;
  /** The sender's knowledge of users and roles is of now; older requests are refused. */
  readonly #isCurrent: boolean;
  readonly #ranges = new Map<'read' | 'write', TextRange[]>();

  constructor(
    store: OverlayStore,
    header: RequestHeader,
    keysOfLease: (id: bigint) => readonly Uint8Array[],
  ) {
    this.#store = store;
    this.#keysOfLease = keysOfLease;
    this.#user = header.username === '' ? undefined : readUser(store, header.username);
    this.#isCurrent = header.authRevision !== 0n && header.authRevision >= authRevision(store);
  }

  isAdmin(): boolean {
    return this.#user?.roles.includes(rootName) === true;
  }

  mayPut(request: PutRequest): boolean {
    const range = { key: request.key, rangeEnd: new Uint8Array(0) };
    return (
      this.#may('write', range) &&
      this.mayUseLease(request.lease) &&
      (!request.prevKv || this.#may('read', range))
    );
  }

  mayDelete(request: KeyRangeRequest & { readonly prevKv: boolean }): boolean {
    return this.#may('write', request) && (!request.prevKv || this.#may('read', request));
  }

  mayTxn(txn: TxnRequest): boolean {
    return (
      txn.compare.every((compare) => this.#may('read', compare)) &&
      [...txn.success, ...txn.failure].every((op) => this.#mayOp(op))
    );
  }

  /** Whoever cannot write every key on a lease can neither end it nor attach another key to it. */
  mayUseLease(id: bigint): boolean {
    if (id === 0n || this.isAdmin()) return true;
    return this.#keysOfLease(id).every((key) => this.#may('write', { key, rangeEnd: new Uint8Array(0) }));
  }

  #mayOp(op: RequestOp): boolean {
    switch (op.kind) {
      case 'range':
        return this.#may('read', op.range);
      case 'put':
        return this.mayPut(op.put);
      case 'deleteRange':
        return this.mayDelete(op.deleteRange);
      case 'txn':
        return this.mayTxn(op.txn);
      case 'empty':
        return true;
    }
  }

  #may(access: 'read' | 'write', request: KeyRangeRequest): boolean {
    if (!this.#isCurrent || this.#user === undefined) return false;
    if (this.isAdmin()) return true;
    const from = keyToText(request.key);
    const wanted = textRange(request) ?? { from, to: `${from}\u0000` };
    return this.#permitted(access).some(
      (range) =>
        range.from <= wanted.from &&
        (range.to === undefined || (wanted.to !== undefined && wanted.to <= range.to)),
    );
  }

  /** What the user's roles allow, joined. */
  #permitted(access: 'read' | 'write'): TextRange[] {
    const known = this.#ranges.get(access);
    if (known !== undefined) return known;
    const permissions = this.#user!.roles.flatMap((name) => {
      const row = this.#store.bucket('authRoles')?.get(utf8(name));
      return row === undefined ? [] : decodeRole(row).permissions;
    });
    const ranges = mergeRanges(permissions.filter((permission) => allows(permission, access)).map(rangeOf));
    this.#ranges.set(access, ranges);
    return ranges;
  }
}

function allows({ permission }: KeyPermission, access: 'read' | 'write'): boolean {
  return permission === permissionTypes.readWrite || permission === permissionTypes[access];
}

function rangeOf(permission: KeyPermission): TextRange {
  const from = keyToText(permission.key);
  return textRange(permission) ?? { from, to: `${from}\u0000` };
}
