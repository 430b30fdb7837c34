/** Commands and flags that work on other hosts over ssh. */
export { hostSessionCommand } from './host-session.ts';
export { type HostsFlags, hostsFlags, readHosts, sshOptions } from './hosts-flags.ts';
export { openRemoteHosts, type RemoteHost, type RemoteHosts } from './open-remote-hosts.ts';
