/** Floor 1: a host's files, processes and programs: here, under another root, or over ssh. Not what they mean. */
export type { CommandEnd, CommandOptions, CommandResult } from './command.ts';
export { canListen, freePort, freePorts } from './free-ports.ts';
export { type HostFileStat, type LocalHost, type LocalHostOptions, openLocalHost } from './local-host.ts';
export type { HostProcess } from './process-list.ts';
export type { PlaceFileOptions } from './place-file.ts';
export { type RunningService, type ServiceOptions, startService } from './running-service.ts';
export { formatShellCommand, type SshTarget } from './ssh-command.ts';
export { hostCommandFailed } from './ssh-failure.ts';
export { openSshHost, type SshContext, type SshHost, type StreamOptions } from './ssh-host.ts';
export type { SessionEnd, SshSession } from './ssh-session.ts';
