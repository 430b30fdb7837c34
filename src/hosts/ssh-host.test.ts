import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../../test/support/free-ports.ts';
import {
  failureOf,
  generousMs,
  lives,
  requireSshServer,
  sshClient,
  until,
} from '../../test/support/ssh-client.ts';
import { makeSshKey } from '../../test/support/sshd.ts';
import { within } from '../../test/support/waiting.ts';
import { silentLogger } from '../base/index.ts';
import { openSshHost } from './ssh-host.ts';

describe('running a program over ssh', { timeout: 5 * generousMs }, () => {
  test('arguments, input, outputs and exit status go through as they are', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const args = ['', ' ', "it's", '"$HOME" `id` $(id)', 'a\nb\n', '\\n', '*', '-n', 'ü☃💾', '!x', '~'];
    const script = 'cat; for word; do printf "<%s>" "$word"; done; printf err >&2; exit 3';
    const stdin = new TextEncoder().encode('in\0\n');
    const result = await host.run(['sh', '-c', script, 'sh', ...args], { stdin });
    assert.equal(result.stdout, `in\0\n${args.map((word) => `<${word}>`).join('')}`);
    assert.deepEqual([result.exitCode, result.signal, result.stderr], [3, null, 'err']);
    const none = await host.run(['cat']);
    assert.deepEqual([none.exitCode, none.stdout], [0, ''], 'no input is an empty input');
  });

  test('every end of a program is told from the end of ssh', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    assert.equal((await host.run(['sh', '-c', 'exit 255'])).exitCode, 254);
    assert.equal((await host.run(['sh', '-c', 'kill -KILL $$'])).exitCode, 128 + 9);
    const missing = await host.run(['holdfast-no-such-program']);
    assert.equal(missing.exitCode, 127);
    assert.match(missing.stderr, /holdfast-no-such-program/);
  });

  test('of much output the first part is kept, and all of it can be streamed', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const argv = ['sh', '-c', 'head -c 20000000 /dev/zero; echo end >&2; exit 7'];
    const result = await host.run(argv);
    assert.deepEqual([result.stdout.length, result.isTruncated, result.exitCode], [1 << 20, true, 7]);
    let bytes = 0;
    let busy = false;
    const end = await host.stream(argv, async (chunk) => {
      assert.equal(busy, false, 'one piece at a time');
      busy = true;
      bytes += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
      busy = false;
    });
    assert.deepEqual([bytes, end.exitCode, end.stderr], [20_000_000, 7, 'end\n']);
  });

  test('a receiver of a stream that fails ends the program', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const mark = `holdfast-mark-${process.pid}-stream`;
    const streaming = host.stream(['sh', '-c', 'cat /dev/zero; true', mark], () => {
      throw new Error('no more');
    });
    await assert.rejects(within(generousMs, 'the end', streaming), /no more/);
    await until('the program has ended', async () => !(await lives(mark)));
  });

  test('a time limit and an abort end it, there too once it notices', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    const controller = new AbortController();
    await using host = sshClient(server, { signal: controller.signal });
    const late = await failureOf(host.run(['sleep', '600'], { timeoutMs: 500 }), 'TIMEOUT');
    assert.equal(late.message, 'cp1: sleep: not done after 500 ms');
    const mark = `holdfast-mark-${process.pid}-abort`;
    const running = failureOf(host.run(['sh', '-c', 'cat; sleep 1', mark]), 'INTERRUPTED');
    const session = host.openSession(['sh', '-c', 'cat; true', mark]);
    const reading = failureOf(session.lines[Symbol.asyncIterator]().next(), 'INTERRUPTED');
    await until('they run', () => lives(mark));
    controller.abort();
    await Promise.all([running, reading]);
    await until('they have ended', async () => !(await lives(mark)));
    await failureOf(host.run(['true']), 'INTERRUPTED');
  });

  test('closing the host ends what runs over it', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    const host = sshClient(server);
    const mark = `holdfast-mark-${process.pid}-close`;
    const running = failureOf(host.run(['sh', '-c', 'cat /dev/zero; true', mark]), 'INTERRUPTED');
    await until('it runs', () => lives(mark));
    await host[Symbol.asyncDispose]();
    await running;
    await until('it has ended', async () => !(await lives(mark)));
  });
});

describe('a host that cannot be reached', { timeout: 5 * generousMs }, () => {
  test('nobody listens, or nobody answers', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    const refused = sshClient(server, { options: ['-p', String(await freePort())] });
    const error = await failureOf(refused.run(['true']), 'HOST_UNREACHABLE');
    assert.match(error.message, /^no connection to cp1: .*Connection refused$/);
    assert.equal(error.exitStatus, 5);
    assert.equal(error.details['host'], 'cp1');
    assert.match(String(error.details['ssh']), /^ssh: connect to host .*: Connection refused$/);
    assert.match(error.hint, /ssh cp1 true/);

    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const slow = sshClient(server, { options: ['-p', String(port)], connectTimeoutMs: 1000 });
    assert.match((await failureOf(slow.run(['true']), 'HOST_UNREACHABLE')).message, /timed out/i);
    silent.close();
  });

  test('the host key is another one, or unknown', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    await writeFile(server.knownHosts, '');
    const unknown = await failureOf(host.run(['true']), 'HOST_UNREACHABLE');
    assert.equal(unknown.message, 'no connection to cp1: Host key verification failed.');
    assert.match(unknown.hint, /known_hosts/);
    await makeSshKey(join(server.home, 'other'));
    const key = await readFile(join(server.home, 'other.pub'), 'utf8');
    await writeFile(server.knownHosts, `cp1 ${key}`);
    const changed = await failureOf(host.run(['true']), 'HOST_UNREACHABLE');
    assert.equal(changed.details['ssh'], 'Host key verification failed.');
    assert.doesNotMatch(await server.log(), /Accepted/);
  });

  test('the key is not accepted', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    for (const file of [server.clientKey, `${server.clientKey}.pub`]) await rm(file);
    await makeSshKey(join(server.home, 'stranger'));
    const options = ['-i', join(server.home, 'stranger')];
    await using stranger = sshClient(server, { options });
    const error = await failureOf(stranger.run(['true']), 'HOST_UNREACHABLE');
    assert.match(error.message, /^no connection to cp1: .*Permission denied \(publickey\)\.$/);
    assert.match(error.hint, /key that cp1 accepts/);
    // Nothing else of ours fares better.
    const session = host.openSession(['cat']);
    await failureOf(session.lines[Symbol.asyncIterator]().next(), 'HOST_UNREACHABLE');
    await failureOf(session.send('x'), 'HOST_UNREACHABLE');
    await failureOf(
      host.stream(['true'], () => {}),
      'HOST_UNREACHABLE',
    );
    await failureOf(host.placeFile('/etc/passwd', '/tmp/x', { mode: 0o600 }), 'HOST_UNREACHABLE');
  });

  test('this machine has no ssh', async () => {
    const target = { destination: 'cp1', sshProgram: '/nonexistent/ssh' };
    await using host = openSshHost(target, { signal: new AbortController().signal, log: silentLogger });
    const error = await failureOf(host.run(['true']), 'HOST_COMMAND_FAILED');
    assert.equal(error.message, 'cannot start /nonexistent/ssh: ENOENT');
    const session = host.openSession(['cat']);
    await failureOf(session.send('x'), 'HOST_COMMAND_FAILED');
    await failureOf(session.lines[Symbol.asyncIterator]().next(), 'HOST_COMMAND_FAILED');
  });

  test('it goes down while a program runs', async (t) => {
    await using server = await requireSshServer(t);
    if (server === undefined) return;
    await using host = sshClient(server);
    const mark = `holdfast-mark-${process.pid}-crash`;
    const running = failureOf(host.run(['sh', '-c', 'sleep 600; true', mark]), 'HOST_UNREACHABLE');
    await until('it runs', () => lives(mark));
    await server.crash();
    const error = await running;
    assert.match(error.message, /^no connection to cp1: (Connection|client_loop)/);
  });
});
