/** The host that this process runs on. */
export { type LocalRecoveryOptions, openLocalRecoveryHost } from './local-recovery-host.ts';
