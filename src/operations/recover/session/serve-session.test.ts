import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationContext } from '../../../base/index.ts';
import { formatExact, parseExact } from '../journal/index.ts';
import type { RecoveryHost } from '../host/index.ts';
import type { SessionMessage } from './protocol.ts';
import { serveRecoverySession } from './serve-session.ts';
import { untilSilent } from './until-silent.ts';

/** A host whose phases take until they are stopped; nothing else is asked of it. */
function patientHost(told: string[]): RecoveryHost {
  const host: Partial<RecoveryHost> = {
    name: 'cp1',
    async run(phase, signal) {
      told.push(`run ${phase}`);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      throw signal.reason;
    },
    [Symbol.asyncDispose]() {
      told.push('disposed');
      return Promise.resolve();
    },
  };
  return host as RecoveryHost;
}

async function serve(lines: AsyncIterable<string>, silenceMs?: number) {
  const told: string[] = [];
  const sent: SessionMessage[] = [];
  await serveRecoverySession(
    {
      lines,
      send: (line) => sent.push(parseExact(line) as SessionMessage),
      version: '1.2.3',
      openHost: () => patientHost(told),
      ...(silenceMs === undefined ? {} : { silenceMs }),
    },
    operationContext(),
  );
  return { told, sent };
}

const runStage = formatExact({ id: 7, method: 'run', params: ['stage'] });

async function* linesOf(...lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line);
}

async function* thenSilence(...lines: readonly string[]): AsyncGenerator<string> {
  yield* linesOf(...lines);
  await new Promise<never>(() => {});
}

const interrupted = ({ sent }: { readonly sent: readonly SessionMessage[] }) =>
  sent.map((message) =>
    'error' in message ? [message.id, message.error.code, message.error.message] : message,
  );

test('a session says who it is, and stops what is under way when its input ends', async () => {
  const session = await serve(linesOf(runStage));
  assert.deepEqual(interrupted(session), [
    { ready: { version: '1.2.3' } },
    [7, 'INTERRUPTED', 'the coordinator is gone'],
  ]);
  assert.deepEqual(session.told, ['run stage', 'disposed']);
});

test('a coordinator that has fallen silent is taken for gone', async () => {
  const session = await serve(thenSilence(formatExact({ alive: true }), runStage), 50);
  assert.deepEqual(interrupted(session).at(-1), [7, 'INTERRUPTED', 'the coordinator is gone']);
});

test('one request is stopped, the next is carried out, and what is not known is refused', async () => {
  const session = await serve(
    linesOf(runStage, formatExact({ stop: 7 }), formatExact({ id: 8, method: 'dance', params: [] })),
  );
  assert.deepEqual(interrupted(session).slice(1), [
    [7, 'INTERRUPTED', 'the coordinator has stopped this'],
    [8, 'USAGE', 'the coordinator asks for dance, which is not known here'],
  ]);
});

test('signs of life keep a session open', async () => {
  async function* slowly(): AsyncGenerator<string> {
    for (const line of ['a', 'b', 'c']) {
      await new Promise((resolve) => setTimeout(resolve, 600));
      yield line;
    }
  }
  const seen: string[] = [];
  for await (const line of untilSilent(slowly(), 200)) seen.push(line);
  assert.deepEqual(seen, ['a', 'b', 'c']);
});
