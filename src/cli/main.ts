#!/usr/bin/env node
/** The program: connects `runCli` with this process. */
import { openProcessIo } from './process-io.ts';
import { runCli } from './run-cli.ts';

const io = openProcessIo();
const status = await runCli(process.argv.slice(2), io);
await io.flushed();
process.exit(status);
