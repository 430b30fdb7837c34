import { Code, ConnectError } from '@connectrpc/connect';
import { type ErrorCode, HoldfastError, isHoldfastError } from '../../base/index.ts';

/** gRPC status codes by number, as in details.grpcCode. */
export const grpcUnavailable = 14;

export interface CallSituation {
  readonly endpoint: string;
  /** The caller's signals: aborted ones turn a cancelled call into INTERRUPTED. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly timeoutMs?: number | undefined;
  /** Whether a user was given: decides what "user name is empty" is about. */
  readonly userGiven?: boolean;
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

const codeOfStatus: Readonly<Partial<Record<number, ErrorCode>>> = {
  [Code.DeadlineExceeded]: 'TIMEOUT',
  [Code.Unauthenticated]: 'AUTH_FAILED',
  [Code.PermissionDenied]: 'PERMISSION_DENIED',
  [Code.Unavailable]: 'ETCD_UNAVAILABLE',
};

/**
 * The one place where a failed call becomes a HoldfastError. An error that the server sent keeps the server's text as
 * its message and carries `details.grpcCode`.
 */
export function etcdError(error: unknown, situation: CallSituation): HoldfastError {
  const interrupted = situation.signals.find((signal) => signal?.aborted === true);
  if (interrupted !== undefined) return interruption(interrupted.reason);
  const known = causes(error).find(isHoldfastError);
  if (known !== undefined) return known;
  if (!(error instanceof ConnectError)) return connectionLost(error, situation);
  if (error.metadata.has('grpc-status')) {
    return serverError(error.code, error.rawMessage, situation, error);
  }
  if (error.code === Code.DeadlineExceeded) return timedOut(situation, error);
  if (error.code === Code.ResourceExhausted) {
    return new HoldfastError('ETCD_ERROR', `a message is too large: ${error.rawMessage}`, {
      hint: 'Send less in one request, or raise --max-request-bytes (--max-recv-bytes for replies).',
      details: { endpoint: situation.endpoint },
      cause: error,
    });
  }
  return connectionLost(error, situation);
}

/** An error status that the server sent: its code, its text. */
export function serverError(
  grpcCode: number,
  text: string,
  situation: CallSituation,
  cause?: unknown,
): HoldfastError {
  const byText = codeOfText.find(([pattern]) => pattern.test(text))?.[1];
  let code = byText ?? codeOfStatus[grpcCode] ?? 'ETCD_ERROR';
  if (code === 'AUTH_REQUIRED' && situation.userGiven === true) code = 'AUTH_FAILED';
  return new HoldfastError(code, text === '' ? `gRPC status ${grpcCode}` : text, {
    details: { endpoint: situation.endpoint, grpcCode },
    ...hintOf(text),
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

export function connectionLost(error: unknown, situation: CallSituation): HoldfastError {
  const why = error instanceof ConnectError ? error.rawMessage : error instanceof Error ? error.message : '';
  const message = `the connection to ${situation.endpoint} was lost${why === '' ? '' : `: ${why}`}`;
  return new HoldfastError('CONNECTION_LOST', message, {
    details: { endpoint: situation.endpoint },
    cause: error,
  });
}

/** What an aborted signal means: its own HoldfastError if it carries one (a time limit), otherwise INTERRUPTED. */
export function interruption(reason: unknown): HoldfastError {
  if (isHoldfastError(reason)) return reason;
  return new HoldfastError('INTERRUPTED', 'interrupted', { cause: reason });
}

function hintOf(text: string): { hint?: string } {
  const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
  return hint === undefined ? {} : { hint };
}

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
