import { type ErrorCode, errorCodes, HoldfastError, type OperationContext } from '../../base/index.ts';
import { type CommandEnd, hostCommandFailed, type SshHost } from '../../hosts/index.ts';

/** More than a report of a host ever is. */
const maxDocumentBytes = 16 << 20;

/**
 * Runs this program on a host to the end and returns the JSON document that it prints.
 * Errors: that of the program there, with the host's name before its words; HOST_UNREACHABLE, HOST_COMMAND_FAILED.
 */
export async function runForDocument(
  ssh: SshHost,
  argv: readonly string[],
  ctx: OperationContext,
): Promise<unknown> {
  const result = await ssh.run(argv, { signal: ctx.signal, maxOutputBytes: maxDocumentBytes });
  if (result.exitCode !== 0) throw remoteFailure(ssh.destination, result);
  try {
    return JSON.parse(result.stdout) as unknown;
  } catch (error) {
    throw new HoldfastError('HOST_COMMAND_FAILED', `${ssh.destination}: holdfast printed no JSON document`, {
      details: { host: ssh.destination },
      cause: error,
    });
  }
}

/** The failure that this program told as JSON on a host, as an error here. */
export function remoteFailure(host: string, end: CommandEnd): HoldfastError {
  const { code, message, hint } = (lastDocument(end.stderr)?.['error'] ?? {}) as Partial<
    Record<string, string>
  >;
  if (code === undefined || message === undefined || !(code in errorCodes))
    return hostCommandFailed(host, 'holdfast', end);
  return new HoldfastError(code as ErrorCode, `${host}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { host },
  });
}

/** The last JSON document on standard error, where lines of a log may stand before it. */
export function lastDocument(stderr: string): Readonly<Record<string, unknown>> | undefined {
  const line = stderr
    .split('\n')
    .map((text) => text.trim())
    .findLast((text) => text.startsWith('{'));
  if (line === undefined) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // What is cut off is no document.
    return undefined;
  }
}
