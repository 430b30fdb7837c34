import { HoldfastError } from '../base/index.ts';

/** A host as the system's ssh knows it. */
export interface SshTarget {
  /** As ssh takes it: `host`, `user@host`, `ssh://user@host:port`, or a name from the user's configuration. */
  readonly destination: string;
  /** The client to run; `ssh` by default. */
  readonly sshProgram?: string;
  /** More arguments for it, before the destination: `['-F', file]`. */
  readonly options?: readonly string[];
  /** How long a connection may take to come about; 15 s by default. */
  readonly connectTimeoutMs?: number;
}

const defaultConnectTimeoutMs = 15_000;

/** A host that has gone without a word is noticed after this many seconds, three times. */
const aliveIntervalSeconds = 10;

/**
 * What runs first on the host. Without the shell in between, a program that was killed would look like a connection
 * that was lost: ssh reports both with 255. So that 255 means ssh alone, a program's own becomes 254.
 */
const wrapper = '"$@"; status=$?; [ "$status" -ne 255 ] || status=254; exit "$status"';

/** The ssh command line that runs a program on a host. Errors: USAGE (the destination). */
export function formatSshCommand(target: SshTarget, argv: readonly string[]): string[] {
  const { destination } = target;
  if (destination === '' || destination.startsWith('-') || /[\s\0]/.test(destination)) {
    throw new HoldfastError('USAGE', `not a host: ${JSON.stringify(destination)}`, {
      hint: 'Name a host as ssh takes it: host, user@host, ssh://user@host:port, or a name from its configuration.',
      details: { host: destination },
    });
  }
  const connectSeconds = Math.max(1, Math.ceil((target.connectTimeoutMs ?? defaultConnectTimeoutMs) / 1000));
  return [
    target.sshProgram ?? 'ssh',
    '-T',
    ...['-o', 'BatchMode=yes'],
    ...['-o', `ConnectTimeout=${connectSeconds}`],
    ...['-o', `ServerAliveInterval=${aliveIntervalSeconds}`],
    ...(target.options ?? []),
    '--',
    destination,
    formatShellCommand(['sh', '-c', wrapper, 'sh', ...argv]),
  ];
}

/** One line for a POSIX shell that comes out as these words again. */
export function formatShellCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
