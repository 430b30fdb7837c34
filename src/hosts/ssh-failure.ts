import { HoldfastError } from '../base/index.ts';
import type { CommandEnd } from './command.ts';

/** With this status ssh says that it failed itself. */
const sshFailedStatus = 255;

/** Whether it was ssh that failed, not what ran over it: what a signal ends there has a status here. */
export function hasSshFailed({ exitCode }: Pick<CommandEnd, 'exitCode'>): boolean {
  return exitCode === sshFailedStatus || exitCode === null;
}

const hints: readonly (readonly [RegExp, (host: string) => string])[] = [
  [
    /host key verification failed/i,
    (host) =>
      `Find out whether the host key of ${host} was changed on purpose; then put the new one into known_hosts. ` +
      `"ssh ${host} true" must work without a question.`,
  ],
  [
    /permission denied|too many authentication failures/i,
    (host) =>
      `Give ssh a key that ${host} accepts (agent, IdentityFile, user); "ssh ${host} true" must work without a question.`,
  ],
];

/** The error for ssh itself having failed. */
export function hostUnreachable(host: string, end: CommandEnd): HoldfastError {
  const reason = end.signal === null ? lastLine(end.stderr) : `ssh was ended by ${end.signal}`;
  const hint = hints.find(([pattern]) => pattern.test(reason))?.[1](host);
  return new HoldfastError('HOST_UNREACHABLE', withReason(`no connection to ${host}`, reason), {
    hint: hint ?? `Try "ssh ${host} true" by hand: it must work without a question.`,
    details: { host, ssh: reason },
  });
}

/** The error for a program on a host that ended otherwise than it should have. */
export function hostCommandFailed(host: string, program: string, end: CommandEnd): HoldfastError {
  const reason = lastLine(end.stderr);
  const how = end.signal === null ? `status ${end.exitCode ?? 'unknown'}` : end.signal;
  return new HoldfastError(
    'HOST_COMMAND_FAILED',
    withReason(`${host}: ${program} ended with ${how}`, reason),
    {
      details: {
        host,
        program,
        ...(end.exitCode === null ? {} : { exitCode: end.exitCode }),
        stderr: reason,
      },
    },
  );
}

/** The last line that says something, without what would move the cursor of a terminal. */
export function lastLine(text: string): string {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim())
    .filter((line) => line !== '');
  return (lines.at(-1) ?? '').slice(0, 500);
}

function withReason(what: string, reason: string): string {
  return reason === '' ? what : `${what}: ${reason}`;
}
