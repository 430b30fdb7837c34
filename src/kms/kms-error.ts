/** What became of a call to a plugin, in words. What the plugin says itself is cut short and of one line. */
import { Code, ConnectError } from '@connectrpc/connect';
import { errnoOf, HoldfastError, isHoldfastError } from '../base/index.ts';
import { displaySocket } from './socket-path.ts';

export interface CallSituation {
  readonly socketPath: string;
  readonly timeoutMs: number;
}

/** Why a call failed, and what that says about the connection. */
export interface CallFailure {
  /** `answered`: the plugin itself said no. */
  readonly kind: 'answered' | 'absent' | 'silent' | 'broken';
  /** KMS_UNREACHABLE or KMS_FAILED. */
  readonly error: HoldfastError;
}

export function callFailure(thrown: unknown, situation: CallSituation): CallFailure {
  if (isHoldfastError(thrown)) return { kind: 'answered', error: thrown };
  const socket = displaySocket(situation.socketPath);
  const unreachable = (kind: CallFailure['kind'], message: string): CallFailure => ({
    kind,
    error: new HoldfastError('KMS_UNREACHABLE', message, { details: { socket }, cause: thrown }),
  });
  const errno = errnoInside(thrown);
  const reason = errno === undefined ? undefined : absences[errno];
  if (reason !== undefined) return unreachable('absent', `${reason} (${socket})`);
  if (!(thrown instanceof ConnectError)) return unreachable('broken', `${noGrpc} (${socket})`);
  if (thrown.metadata.has('grpc-status')) {
    const message = `the plugin answered ${Code[thrown.code]}: ${oneLine(thrown.rawMessage)}`;
    return { kind: 'answered', error: new HoldfastError('KMS_FAILED', message, { cause: thrown }) };
  }
  if (thrown.code === Code.DeadlineExceeded)
    return unreachable('silent', `the plugin did not answer within ${situation.timeoutMs} ms (${socket})`);
  return unreachable('broken', `${errno === undefined ? noGrpc : brokenOff} (${socket})`);
}

const noGrpc = 'what listens on the socket does not speak gRPC';
const brokenOff = 'the connection to the plugin broke';

const absences: Readonly<Record<string, string>> = {
  ENOENT: 'its socket does not exist',
  ENOTDIR: 'its socket does not exist',
  ECONNREFUSED: 'nobody listens on its socket',
  EACCES: 'its socket may not be used by this user',
  EPERM: 'its socket may not be used by this user',
  ENOTSOCK: 'its socket is no socket',
  EPROTOTYPE: 'its socket is of another kind',
  EAGAIN: 'its socket takes no more connections',
  EINVAL: 'its socket has no usable path',
  ENAMETOOLONG: 'its socket has no usable path',
};

/** Connect wraps what the socket said. */
function errnoInside(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    const errno = errnoOf(error);
    if (errno !== undefined) return errno;
  }
  return undefined;
}

const longestReason = 200;

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > longestReason ? `${line.slice(0, longestReason)}…` : line;
}
