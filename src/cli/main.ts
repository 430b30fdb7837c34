#!/usr/bin/env node
/**
 * The program. This file alone is read by whatever Node there is, so it says what is missing before anything newer is
 * loaded; exit status 4, a precondition that does not hold.
 */
const major = Number(process.versions.node.split('.')[0]);

if (major < 24) {
  process.stderr.write(`holdfast needs Node.js 24 or newer, and this is ${process.version}.\n`);
  process.exitCode = 4;
} else {
  const { runProcess } = await import('./run-process.ts');
  await runProcess();
}

export {};
