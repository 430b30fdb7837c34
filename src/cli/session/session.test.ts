import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../base/index.ts';
import type { CliStream } from '../command/index.ts';
import { valuesFromEnvironment } from './environment.ts';
import { formatLogLine } from './log.ts';
import { createProgress, describeProgress, progressMode } from './progress.ts';
import { asHoldfastError, formatFailure, reportFailure } from './report-failure.ts';

function recordingStream(columns?: number): CliStream & { text: string } {
  return {
    text: '',
    isTerminal: columns !== undefined,
    columns,
    write(chunk) {
      this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    },
    send: () => Promise.resolve(),
  };
}

test('a log line is time, level, message and fields, with one line for everything', () => {
  assert.equal(
    formatLogLine(Date.UTC(2026, 0, 2, 3, 4, 5, 6), 'info', 'two\nlines', {
      path: 'a "b"',
      size: 3n,
      list: ['x', 'y'],
      none: undefined,
      yes: true,
    }),
    '2026-01-02T03:04:05.006Z\tinfo\ttwo lines\t{"path": "a \\"b\\"", "size": 3, "list": ["x", "y"], "yes": true}\n',
  );
  assert.equal(formatLogLine(0, 'warn', 'plain'), '1970-01-01T00:00:00.000Z\twarn\tplain\n');
});

test('a failure is a sentence and a hint, wrapped where there is a terminal only', () => {
  const error = new HoldfastError('FILE_NOT_FOUND', 'one two three four five six seven eight nine ten', {
    hint: 'a long hint that has to be wrapped',
  });
  assert.equal(
    formatFailure(error, undefined),
    'Error: one two three four five six seven eight nine ten\nhint: a long hint that has to be wrapped\n',
  );
  const wrapped = formatFailure(error, 40).trimEnd().split('\n');
  assert.ok(wrapped.length > 2);
  for (const line of wrapped) assert.ok(line.length <= 40, line);
  assert.match(wrapped[1]!, /^ {7}\S/);
});

test('what is not ours is told as a defect; details and causes only with --debug', () => {
  const defect = asHoldfastError(new TypeError('x is not a function'));
  assert.equal(defect.code, 'DEFECT');
  const quiet = recordingStream();
  assert.equal(reportFailure(defect, quiet, { isJson: false, debug: false }), 1);
  assert.match(quiet.text, /^Error: this is a defect in holdfast: x is not a function\nhint: .*--debug.*\n$/);
  const loud = recordingStream();
  reportFailure(defect, loud, { isJson: false, debug: true });
  assert.match(loud.text, /^code: DEFECT .*\n(.*\n)*caused by: TypeError: x is not a function\n +at /m);
  const json = recordingStream();
  reportFailure(new HoldfastError('DISK_FULL', 'write x: no space'), json, { isJson: true, debug: false });
  assert.deepEqual(Object.keys(JSON.parse(json.text) as object), ['error']);
});

test('progress tells share, amount, rate and time left', () => {
  assert.equal(
    describeProgress('save', 512e6, 1024e6, 256e6),
    'save: 50%, 512 MB of 1.0 GB, 256 MB/s, 2 s left',
  );
  assert.equal(describeProgress('save', 0, 1024e6, 0), 'save: 0%, 0 B of 1.0 GB, 0 B/s');
  assert.equal(describeProgress('hash', 1e6, undefined, 2e6), 'hash: 1.0 MB, 2.0 MB/s');
  assert.match(describeProgress('save', 1, 1e12, 1e6), /277 h 46 min left$/);
  assert.equal(progressMode('auto', true, false), 'bar');
  assert.equal(progressMode('auto', false, false), 'plain');
  assert.equal(progressMode('auto', false, true), 'none');
  assert.equal(progressMode('plain', true, false), 'plain');
  assert.equal(progressMode('plain', false, true), 'plain');
  assert.equal(progressMode('none', true, false), 'none');
});

function run(mode: 'bar' | 'plain' | 'none', steps: number, stepMs: number) {
  let now = 0;
  const stream = recordingStream(60);
  const progress = createProgress(mode, stream, { now: () => now, monotonicMs: () => now });
  progress.event({ type: 'phase-started', phase: 'save', totalBytes: steps * 1e6 });
  for (let step = 1; step <= steps; step++) {
    now += stepMs;
    progress.event({ type: 'phase-progress', phase: 'save', doneBytes: step * 1e6, totalBytes: steps * 1e6 });
  }
  progress.event({ type: 'phase-finished', phase: 'save', tookMs: now });
  return stream.text;
}

test('plain progress is a line every few seconds and nothing for what is short', () => {
  assert.equal(run('plain', 20, 100), '');
  const lines = run('plain', 100, 100).trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0]!, /^save: 30%, 30 MB of 100 MB, 10 MB\/s, 7 s left$/);
});

test('of phases side by side the one that began last is shown, each with its own rate', () => {
  let now = 0;
  const stream = recordingStream(60);
  const progress = createProgress('plain', stream, { now: () => now, monotonicMs: () => now });
  const totalBytes = 100e6;
  progress.event({ type: 'phase-started', phase: 'digest', totalBytes });
  progress.event({ type: 'phase-started', phase: 'scan', totalBytes });
  for (let second = 1; second <= 7; second++) {
    now += 1000;
    progress.event({ type: 'phase-progress', phase: 'digest', doneBytes: second * 10e6, totalBytes });
    if (second === 4) progress.event({ type: 'phase-finished', phase: 'scan', tookMs: now });
    if (second < 4)
      progress.event({ type: 'phase-progress', phase: 'scan', doneBytes: second * 20e6, totalBytes });
  }
  assert.deepEqual(stream.text.trimEnd().split('\n'), [
    'scan: 60%, 60 MB of 100 MB, 20 MB/s, 2 s left',
    'digest: 60%, 60 MB of 100 MB, 10 MB/s, 4 s left',
  ]);
});

test('a bar stays on its line, within the terminal, and goes when the work is done', () => {
  const text = run('bar', 50, 50);
  assert.ok(!text.includes('\n'));
  assert.ok(text.endsWith('\r\u001b[K'));
  const frames = text.split('\r').filter((frame) => frame.startsWith('['));
  assert.ok(frames.length > 10 && frames.length <= 25, `${frames.length} frames of 50 events`);
  for (const frame of frames) assert.ok(frame.replace('\u001b[K', '').length < 60, frame);
  assert.equal(run('none', 50, 1000), '');
});

test('the environment gives values of their kind, for flags that were not given', () => {
  const env = {
    ETCDCTL_ENDPOINTS: 'a,b',
    ETCDCTL_DIAL_TIMEOUT: '1m',
    ETCDCTL_INSECURE_TRANSPORT: 'false',
    ETCDCTL_USER: '',
    ETCDCTL_HEX: '1',
    ETCDCTL_PREFIX: 'true',
    ETCDCTL_QUIET: 'true',
  };
  assert.deepEqual(valuesFromEnvironment(env, new Set(['hex'])), {
    endpoints: ['a', 'b'],
    'insecure-transport': false,
    'dial-timeout': 60_000,
  });
  assert.throws(() => valuesFromEnvironment({ ETCDCTL_HEX: 'maybe' }, new Set()), {
    code: 'USAGE',
    message: 'invalid value "maybe" in ETCDCTL_HEX',
  });
});
