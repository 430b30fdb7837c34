import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';
import type { ServiceName } from './service-names.ts';

/** What is known about a call when it fails. */
export interface CallSituation {
  readonly endpoint: string;
  /** The caller's signals: aborted ones turn a cancelled call into INTERRUPTED. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly timeoutMs?: number | undefined;
  /** Whether a user was given: without one, errors about users mean that one is needed. */
  readonly userGiven?: boolean;
  /** The service that was called. */
  readonly service?: ServiceName;
}

/**
 * Texts by which etcd tells its errors apart (api/v3rpc/rpctypes/error.go, 3.4 to 3.7): several share a gRPC code.
 * The first match decides.
 */
const codeOfText: readonly (readonly [RegExp, ErrorCode])[] = [
  [/user name is empty/, 'AUTH_REQUIRED'],
  [/invalid user ID or password/, 'AUTH_FAILED'],
  [/invalid auth token|revision of auth store is old/, 'AUTH_FAILED'],
  [/permission denied/, 'PERMISSION_DENIED'],
  [/required revision has been compacted/, 'REVISION_COMPACTED'],
  [/required revision is a future revision/, 'REVISION_FUTURE'],
];

/** By gRPC status number. */
const codeOfStatus: Readonly<Partial<Record<number, ErrorCode>>> = {
  4: 'TIMEOUT',
  7: 'PERMISSION_DENIED',
  14: 'ETCD_UNAVAILABLE',
  16: 'AUTH_FAILED',
};

/** A failed call as a HoldfastError: an interruption, one of ours found inside, or else a lost connection. */
export function etcdError(error: unknown, situation: CallSituation): HoldfastError {
  const why = error instanceof Error ? error.message : '';
  return knownError(error, situation) ?? connectionLost(why, situation, error);
}

/** INTERRUPTED (or what the signal carries) when the caller ended the call; else a HoldfastError among the causes. */
export function knownError(error: unknown, situation: CallSituation): HoldfastError | undefined {
  const interrupted = situation.signals.find((signal) => signal?.aborted === true);
  if (interrupted !== undefined) return interruption(interrupted.reason);
  return causes(error).find(isHoldfastError);
}

/** An error status that the server sent: its text becomes the message, its number `details.grpcCode`. */
export function serverError(
  grpcCode: number,
  text: string,
  situation: CallSituation,
  cause?: unknown,
): HoldfastError {
  const byText = codeOfText.find(([pattern]) => pattern.test(text))?.[1];
  let code = byText ?? codeOfStatus[grpcCode] ?? 'ETCD_ERROR';
  if (code === 'AUTH_REQUIRED' && situation.userGiven === true) code = 'AUTH_FAILED';
  if (situation.userGiven === false && isAboutCertificateUser(code, text, situation)) code = 'AUTH_REQUIRED';
  return new HoldfastError(code, text === '' ? `gRPC status ${grpcCode}` : text, {
    details: { endpoint: situation.endpoint, grpcCode },
    ...(code === 'AUTH_REQUIRED' && !text.includes('user name is empty')
      ? { hint: forgottenUser }
      : hintOf(text)),
    cause,
  });
}

export function timedOut(situation: CallSituation, cause?: unknown): HoldfastError {
  const limit = situation.timeoutMs === undefined ? '' : ` within ${situation.timeoutMs} ms`;
  return new HoldfastError('TIMEOUT', `${situation.endpoint} did not answer${limit}`, {
    hint: 'Check that the cluster has a quorum ("holdfast endpoint status"), or raise --command-timeout.',
    details: { endpoint: situation.endpoint },
    cause,
  });
}

export function connectionLost(why: string, situation: CallSituation, cause?: unknown): HoldfastError {
  const message = `the connection to ${situation.endpoint} was lost${why === '' ? '' : `: ${why}`}`;
  return new HoldfastError('CONNECTION_LOST', message, { details: { endpoint: situation.endpoint }, cause });
}

/** What an aborted signal means: its own HoldfastError if it carries one (a time limit), otherwise INTERRUPTED. */
export function interruption(reason: unknown): HoldfastError {
  if (isHoldfastError(reason)) return reason;
  return new HoldfastError('INTERRUPTED', 'interrupted', { cause: reason });
}

/**
 * Whether an error is about the user that etcd takes from the client certificate when none is given: one who may not
 * do this, or, in calls that only root may make, one whom etcd does not know.
 */
function isAboutCertificateUser(code: ErrorCode, text: string, situation: CallSituation): boolean {
  if (code === 'PERMISSION_DENIED') return true;
  return situation.service !== 'Auth' && /user( name)? not found/.test(text);
}

function hintOf(text: string): { hint?: string } {
  const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
  return hint === undefined ? {} : { hint };
}

const forgottenUser =
  'Give --user NAME:PASSWORD (or ETCDCTL_USER); without one etcd takes the common name of the client certificate for the user, and that one may not do this.';

const hints: readonly (readonly [RegExp, string])[] = [
  [/database space exceeded/, 'Compact, defragment, then clear the alarm with "holdfast alarm disarm".'],
  [
    /corrupt cluster/,
    'A member has different data: compare "holdfast endpoint hashkv --cluster" before anything else.',
  ],
  [/not supported for learner/, 'Use the endpoint of a voting member.'],
  [/no leader/, 'The cluster has no leader: check that a majority of its members runs.'],
];

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next !== undefined && !chain.includes(next); ) {
    chain.push(next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return chain;
}
