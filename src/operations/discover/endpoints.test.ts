import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEndpoint } from './endpoints.ts';

/** Listening, advertised, and what is dialled. */
const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['https://10.0.0.1:2379,https://127.0.0.1:2379', '', 'https://127.0.0.1:2379'],
  ['https://10.0.0.1:2379', '', 'https://10.0.0.1:2379'],
  ['http://0.0.0.0:2379', 'http://10.0.0.1:2379', 'http://127.0.0.1:2379'],
  ['https://[::]:12379', '', 'https://[::1]:12379'],
  ['https://[fd00::1]:2379,https://[::1]:2379', '', 'https://[::1]:2379'],
  ['http://localhost:2379', '', 'http://localhost:2379'],
  ['unix:///run/etcd.sock,http://10.0.0.1:2379', '', 'http://10.0.0.1:2379'],
  ['', '', undefined],
];

for (const [listening, advertised, expected] of cases)
  test(`of ${listening} it dials ${expected ?? 'none'}`, () => {
    const urls = (text: string) => text.split(',').filter((url) => url !== '');
    assert.equal(chooseEndpoint(urls(listening), urls(advertised), undefined)?.endpoint, expected);
  });
