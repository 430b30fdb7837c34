/** Floor 5: the command line. */
export { type CliIo, type CliStream, describeSurface } from './command/index.ts';
export { commandSurface } from './commands/index.ts';
export { runCli } from './run-cli.ts';
