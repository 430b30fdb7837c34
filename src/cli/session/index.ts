export { openSession, type Session } from './command-host.ts';
export { findConfig, type FoundConfig, hostConfigPath } from './config-file.ts';
export { type FlagSources, resolveFlags, type ResolvedFlags } from './resolve-flags.ts';
export { readRetentionPolicy } from './retention-policy.ts';
export { asHoldfastError, reportFailure } from './report-failure.ts';
