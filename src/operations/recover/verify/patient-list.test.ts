import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorDetails, HoldfastError, operationContext } from '../../../base/index.ts';
import type { ApiClient, KubernetesObject, ListOptions, ObjectList } from '../../../kubernetes/index.ts';
import { listPatiently } from './patient-list.ts';

type Answer = ObjectList | HoldfastError;

/** Answers each list in turn, and keeps what it was asked. */
function clientOf(answers: readonly Answer[]): Pick<ApiClient, 'server' | 'pages'> & {
  asked: ListOptions[];
} {
  const left = [...answers];
  const asked: ListOptions[] = [];
  return {
    server: 'https://cp1:6443',
    asked,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *pages(_: string, options: ListOptions = {}) {
      asked.push(options);
      const answer = left.shift();
      assert.ok(answer !== undefined, 'asked too often');
      if (answer instanceof HoldfastError) throw answer;
      yield answer;
    },
  };
}

const list = (...names: string[]): ObjectList => ({
  resourceVersion: '1',
  items: names.map((name) => ({ metadata: { name } })),
});
const failure = (httpStatus: number) =>
  new HoldfastError('API_SERVER_ERROR', 'no', { details: { httpStatus } });
const tooLarge = (details: ErrorDetails) => new HoldfastError('API_RESPONSE_INVALID', 'large', { details });

async function namesOf(client: ReturnType<typeof clientOf>, timeoutMs = 60_000): Promise<string[]> {
  const names: string[] = [];
  const take = ({ metadata }: KubernetesObject) => names.push((metadata as { name: string }).name);
  const options = { timeoutMs, everyMs: 1 };
  await listPatiently(client as unknown as ApiClient, '/api/v1/secrets', take, options, operationContext());
  return names;
}

test('an API server that is busy, or only just there, is asked again', async () => {
  const unreachable = new HoldfastError('API_SERVER_UNREACHABLE', 'gone');
  const late = new HoldfastError('TIMEOUT', 'late');
  const client = clientOf([failure(429), failure(503), failure(504), unreachable, late, list('a', 'b')]);
  assert.deepEqual(await namesOf(client), ['a', 'b']);
  for (const { resourceVersion, timeoutMs } of client.asked) {
    assert.equal(resourceVersion, '0');
    assert.ok(timeoutMs! >= 60_000);
  }
});

test('a list that is too large for one answer comes in pages, past the cache', async () => {
  const client = clientOf([tooLarge({ maxBytes: 1 }), failure(410), list('a')]);
  assert.deepEqual(await namesOf(client), ['a']);
  assert.deepEqual(
    client.asked.map(({ resourceVersion }) => resourceVersion),
    ['0', undefined, undefined],
  );
});

test('what asking again does not change ends it', async () => {
  for (const error of [failure(404), tooLarge({}), new HoldfastError('API_SERVER_DENIED', 'no')]) {
    const client = clientOf([error]);
    await assert.rejects(namesOf(client), error);
  }
  const busy = clientOf(Array.from({ length: 10_000 }, () => failure(429)));
  await assert.rejects(namesOf(busy, 20), { code: 'TIMEOUT' });
});
