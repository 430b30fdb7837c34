/** What every failure of the program looks like, whatever went wrong. */
import assert from 'node:assert/strict';
import { type ErrorCode, errorCodes } from '../../src/base/index.ts';
import type { RunResult } from '../support/run-command.ts';

export interface ExpectedFailure {
  readonly code: ErrorCode;
  readonly message?: RegExp;
  readonly hint?: RegExp;
}

interface JsonFailure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly exitStatus: number;
  };
}

/**
 * One `Error:` line and one `hint:` line at the end of stderr, the exit status of the code, no stack trace. Names of
 * codes are not printed in this form, so the hint stands for the code unless a hint is expected.
 */
export function expectFailure(result: RunResult, { code, message, hint }: ExpectedFailure): void {
  const context = `stdout: ${result.stdout}\nstderr: ${result.stderr}`;
  assert.equal(result.exitCode, errorCodes[code].exitStatus, context);
  const [errorLine = '', hintLine = '', ...rest] = result.stderr.trimEnd().split('\n').slice(-2);
  assert.deepEqual(rest, []);
  assert.match(errorLine, /^Error: \S.*[^.\s]$/, context);
  assert.match(hintLine, /^hint: \S.*\.$/, context);
  assert.equal(result.stderr.match(/^Error: /gm)?.length, 1, context);
  if (hint === undefined) assert.equal(hintLine, `hint: ${errorCodes[code].hint}`, context);
  else assert.match(hintLine, hint);
  if (message !== undefined) assert.match(errorLine, message);
  expectNoTrace(result);
}

/** With `-w json`: nothing but the error's document in the last line of stderr. */
export function expectJsonFailure(result: RunResult, { code, message, hint }: ExpectedFailure): void {
  const context = `stdout: ${result.stdout}\nstderr: ${result.stderr}`;
  const { exitStatus } = errorCodes[code];
  assert.equal(result.exitCode, exitStatus, context);
  const { error, ...others } = JSON.parse(result.stderr.trimEnd().split('\n').at(-1) ?? '') as JsonFailure;
  assert.deepEqual(others, {});
  assert.deepEqual(Object.keys(error).sort(), ['code', 'exitStatus', 'hint', 'message']);
  assert.deepEqual({ code: error.code, exitStatus: error.exitStatus }, { code, exitStatus }, context);
  if (message !== undefined) assert.match(error.message, message);
  if (hint !== undefined) assert.match(error.hint, hint);
  expectNoTrace(result);
}

/** No stack frame, no class name of ours or of Node's, no warning of Node's. */
export function expectNoTrace({ stdout, stderr }: RunResult): void {
  const text = stdout + stderr;
  assert.doesNotMatch(text, /^\s+at |HoldfastError|TypeError|defect in holdfast|\(node:\d+\)|node:internal/m);
}
