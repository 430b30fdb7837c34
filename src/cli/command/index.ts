export { arrangeWords } from './arrange-words.ts';
export {
  acceptedFlags,
  backupIdSummary,
  backupNamed,
  backupPlaces,
  backupWord,
  fileWords,
  withFiles,
} from './backup-argument.ts';
export type { CliIo, CliStream, CommandHost } from './command-host.ts';
export type { CommandSurface } from './commander-tree.ts';
export {
  type AnyCommand,
  type ArgumentSpec,
  type CommandGroup,
  type CommandInput,
  type CommandSpec,
  defineCommand,
  type ExitStatus,
} from './define-command.ts';
export { describeSurface } from './describe-surface.ts';
export type { FlagSpec, FlagSpecs, FlagValues } from './flag-spec.ts';
export { defaultValue, parseFlagText } from './flag-value.ts';
export { flagsFromEnvironment, globalFlags, type GlobalValues } from './global-flags.ts';
export {
  formatGoDuration,
  parseGoBool,
  parseGoInteger,
  parseHexId,
  parsePlainInteger,
} from './go-values.ts';
export { type ParsedWords, parseInput, parseWords } from './parse-words.ts';
export { backupFlags, repositoryFlags, retentionFlags } from './setting-flags.ts';
export { usageError } from './usage-error.ts';
export { fromDefault, type ValueOrigin } from './value-origin.ts';
