/** Floor 1: a host's files, processes and programs: here, under another root, or over ssh. Not what they mean. */
export type { CommandEnd, CommandOptions, CommandResult } from './command.ts';
export { type HostFileStat, type LocalHost, type LocalHostOptions, openLocalHost } from './local-host.ts';
export type { HostProcess } from './process-list.ts';
export {
  openSshHost,
  type PlaceFileOptions,
  type SshContext,
  type SshHost,
  type SshTarget,
} from './ssh-host.ts';
export type { SessionEnd, SshSession } from './ssh-session.ts';
