import { openProcessIo } from './process-io.ts';
import { runCli } from './run-cli.ts';

/** Runs this process's command line and ends the process with its exit status. */
export async function runProcess(): Promise<never> {
  const io = openProcessIo();
  const status = await runCli(process.argv.slice(2), io);
  await io.flushed();
  process.exit(status);
}
