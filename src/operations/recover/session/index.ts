/** A recovery's hosts that are reached over ssh. */
export { openRemoteRecoveryHost, type RemoteRecoveryOptions } from './remote-recovery-host.ts';
export { serveRecoverySession, type ServeSessionOptions } from './serve-session.ts';
