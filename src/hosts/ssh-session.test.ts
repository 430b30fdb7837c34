import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  failureOf,
  generousMs,
  lives,
  requireSshServer,
  sshClient,
  until,
} from '../../test/support/ssh-client.ts';
import { within } from '../../test/support/waiting.ts';

describe('a session over ssh', { timeout: 5 * generousMs }, () => {
  test('lines go both ways, at any size and with anything in them', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await using session = host.openSession(['sh', '-c', 'echo hello >&2; exec cat']);
    const lines = session.lines[Symbol.asyncIterator]();
    const messages = [{ text: '' }, { text: 'a\nb\r\u2028"\'\\ü☃💾' }, { text: 'x'.repeat(3 << 20) }, {}];
    for (const message of messages) {
      const answer = lines.next();
      await session.send(JSON.stringify(message));
      const { value } = (await within(generousMs, 'an answer', answer)) as { value: string };
      assert.deepEqual(JSON.parse(value), message);
    }
    await session.send('');
    assert.deepEqual(await lines.next(), { value: '', done: false });
    session.end();
    assert.deepEqual(await lines.next(), { value: undefined, done: true });
    assert.deepEqual(await session.done, {
      exitCode: 0,
      signal: null,
      stderr: 'hello\n',
      failure: undefined,
    });
  });

  test('a last line without an end is a line', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await using session = host.openSession(['printf', 'a\nb']);
    const lines: string[] = [];
    for await (const line of session.lines) lines.push(line);
    assert.deepEqual(lines, ['a', 'b']);
  });

  test('a sender waits for a program that does not read', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const go = join(server.home, 'go');
    const script = 'while ! [ -e "$0" ]; do sleep 0.2; done; exec cat';
    await using session = host.openSession(['sh', '-c', script, go]);
    const line = 'x'.repeat(1 << 20);
    const count = 40;
    let sent = 0;
    const sending = (async () => {
      for (; sent < count; sent++) await session.send(line);
      session.end();
    })();
    for (let i = 0; i < 4; i++) await host.run(['true']);
    assert.ok(sent < count, `${sent} lines were taken by nobody`);
    await writeFile(go, '');
    let received = 0;
    for await (const answer of session.lines) {
      assert.equal(answer.length, line.length);
      received++;
    }
    await sending;
    assert.deepEqual([sent, received], [count, count]);
  });

  test('a program waits for a reader that does not read', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const sizeBytes = 40 << 20;
    const script = `yes "$(printf %01023d 0)" | head -c ${sizeBytes}; echo over >&2`;
    await using session = host.openSession(['sh', '-c', script]);
    const lines = session.lines[Symbol.asyncIterator]();
    await lines.next();
    for (let i = 0; i < 4; i++) await host.run(['true']);
    assert.equal(session.stderr, '', 'it has not printed all of it');
    let count = 1;
    while ((await lines.next()).done !== true) count++;
    assert.equal(count, sizeBytes / 1024);
    assert.equal(session.stderr, 'over\n');
  });

  test('the host goes down', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await using session = host.openSession(['sh', '-c', 'echo ready; printf half; exec cat']);
    const lines = session.lines[Symbol.asyncIterator]();
    assert.deepEqual(await lines.next(), { value: 'ready', done: false });
    await server.crash();
    const error = await failureOf(lines.next(), 'HOST_UNREACHABLE');
    assert.equal(error.details['host'], 'cp1');
    assert.notEqual(error.details['ssh'], '', 'half a line is no line');
    await failureOf(session.send('x'), 'HOST_UNREACHABLE');
    assert.equal((await session.done).failure?.message, error.message);
  });

  test('the program fails, or is killed', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await using failing = host.openSession(['sh', '-c', 'echo one; echo "no such thing" >&2; exit 4']);
    const lines = failing.lines[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, 'one');
    const error = await failureOf(lines.next(), 'HOST_COMMAND_FAILED');
    assert.equal(error.message, 'cp1: sh ended with status 4: no such thing');
    assert.deepEqual(error.details, { host: 'cp1', program: 'sh', exitCode: 4, stderr: 'no such thing' });
    await failureOf(failing.send('x'), 'HOST_COMMAND_FAILED');
    await using killed = host.openSession(['sh', '-c', 'kill -KILL $$']);
    const end = await killed.done;
    assert.equal(end.exitCode, 128 + 9);
    assert.match(String(end.failure), /cp1: sh ended with status 137/);
  });

  test('a program that has ended well takes no more lines', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await using session = host.openSession(['true']);
    assert.equal((await session.done).exitCode, 0);
    await failureOf(session.send('x'), 'HOST_COMMAND_FAILED');
  });

  test('closing it lets the program finish, and ends one that will not', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const politeMark = `holdfast-mark-${process.pid}-polite`;
    const polite = host.openSession([
      'sh',
      '-c',
      'cat >/dev/null; yes | head -c 3000000; touch "$0"',
      join(server.home, 'x'),
      politeMark,
    ]);
    // It has some seconds to finish, and they count from the close on, not from its start.
    await until('it runs', () => lives(politeMark));
    await polite[Symbol.asyncDispose]();
    assert.equal((await polite.done).failure, undefined);
    assert.equal((await host.run(['test', '-e', join(server.home, 'x')])).exitCode, 0);
    const mark = `holdfast-mark-${process.pid}-session`;
    const stubborn = host.openSession(['sh', '-c', 'exec 0</dev/null; while echo; do sleep 0.2; done', mark]);
    await until('it runs', () => lives(mark));
    await within(generousMs, 'the end', Promise.resolve(stubborn[Symbol.asyncDispose]()));
    await until('it has ended', async () => !(await lives(mark)));
    assert.equal((await stubborn.done).failure !== undefined, true);
  });
});
