/**
 * kill -9 of the real commands, two `backup create`, a `backup prune`, a `backup forget` and a `backup copy` to a second
 * repository, all at once: at named points of their work, and at any moment. After each round every backup that was made
 * and not forgotten is there, every one that is listed is fetched, verified and has the hashes of the file that it was
 * made of, and the next backup and the next prune work; in the repository of the copies, too.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationContext, utf8 } from '../../src/base/index.ts';
import { snapshotHashKv } from '../../src/operations/index.ts';
import {
  formatKeyFile,
  generateFileKey,
  listBackups,
  listTombstones,
  openRepository,
  type Repository,
} from '../../src/repository/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { reopen, wastedPacks } from '../repository/small-backups.ts';
import { buildDatabase } from '../support/build-database.ts';
import { memoryStore, rowsOf } from '../support/memory-store.ts';
import { MvccModel } from '../support/mvcc-model.ts';
import { Random } from '../support/random.ts';
import { runHoldfast } from '../support/run-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { testSeed } from '../support/test-seed.ts';
import { eventually } from '../support/waiting.ts';
import {
  chooseKill,
  type CommandKind,
  describeKill,
  type EndedCommand,
  type KilledCommand,
  namedPoints,
  runKilled,
} from './repository-commands.ts';

const rounds = process.env['HOLDFAST_SOAK'] === '1' ? 200 : 2;
const ctx = operationContext();

/** Files of one cluster at different times, some of them after a compaction; HashKV by the SHA-256 of the file. */
async function writeDatabases(random: Random, directory: string) {
  const model = new MvccModel();
  const paths: string[] = [];
  const hashes = new Map<string, number>();
  for (let at = 0; at < 6; at++) {
    for (let change = 0; change < 120; change++) {
      const key = `/registry/configmaps/default/c${random.int(0, 80)}`;
      const value = Buffer.from(random.bytes(random.int(50, 1200))).toString('base64');
      model.apply([{ key, value: random.chance(0.1) ? undefined : value }]);
    }
    if (at % 2 === 1) model.compact(model.current - 20n, true);
    const path = join(directory, `member-${at}.db`);
    const buckets = Object.entries(rowsOf(memoryStore(model.store()))).map(([name, items]) => ({
      name: utf8(name),
      items,
    }));
    await writeFile(path, buildDatabase(buckets));
    paths.push(path);
    const { hash } = await snapshotHashKv({ path }, ctx);
    hashes.set(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
      hash,
    );
  }
  return { paths, hashes };
}

interface Place {
  readonly path: string;
  readonly keyFile: string;
}

/** One repository and what has happened in it. */
class KilledRepository {
  readonly figures = { made: 0, listed: 0, killed: 0, deletedPacks: 0, waited: 0 };
  /** How often each named point was reached. */
  readonly reached = new Map<string, number>();
  readonly place: Place;
  readonly #repository: Repository;
  readonly #hashes: ReadonlyMap<string, number>;
  readonly #made = new Set<string>();
  /** How long each command takes here, by the last that was not killed. */
  readonly #tookMs: Record<CommandKind, number> = { create: 2000, forget: 1000, prune: 1500, copy: 2500 };
  /** Where copies go. */
  readonly #copies: KilledRepository | undefined;

  constructor(
    place: Place,
    {
      repository,
      hashes,
      copies,
    }: {
      readonly repository: Repository;
      readonly hashes: ReadonlyMap<string, number>;
      readonly copies?: KilledRepository;
    },
  ) {
    this.place = place;
    this.#repository = repository;
    this.#hashes = hashes;
    this.#copies = copies;
  }

  commandOf(random: Random, kind: CommandKind, words: readonly string[]): KilledCommand {
    const { path, keyFile } = this.place;
    // What runs on this machine, and what it remembers, is not touched.
    const flags = ['--repo', path, '--key-file', keyFile, '--root', '/nonexistent', '-w', 'json'];
    const to = this.#copies?.place;
    const target = kind === 'copy' ? ['--to', to!.path, '--to-key-file', to!.keyFile] : [];
    return {
      ...{ kind, words: [...words, ...flags, ...target], changes: kind === 'copy' ? to!.path : path },
      kill: chooseKill(random, kind, this.#tookMs[kind]),
    };
  }

  async runAll(commands: readonly KilledCommand[]): Promise<string> {
    const ended = await Promise.all(commands.map((command) => runKilled(command)));
    for (const each of ended) this.#note(each);
    return ended
      .map(({ kind, kill, isKilled }) => `${kind} ${describeKill(kill)}${isKilled ? ', killed' : ''}`)
      .join('; ');
  }

  #note({ kind, kill, isKilled, result, words }: EndedCommand): void {
    if (isKilled) {
      this.figures.killed++;
      if (kill !== undefined && 'at' in kill) {
        const point = `${kind} ${describeKill(kill)}`;
        this.reached.set(point, (this.reached.get(point) ?? 0) + 1);
      }
      return;
    }
    // What was to be copied may have been forgotten meanwhile.
    if (kind === 'copy' && result.exitCode === 4 && /BACKUP_(NOT_FOUND|FORGOTTEN)/.test(result.stderr))
      return;
    assert.equal(result.exitCode, 0, `${words.slice(0, 3).join(' ')}: ${result.stderr}`);
    this.#tookMs[kind] = result.tookMs;
    this.#read(kind, JSON.parse(result.stdout) as Readonly<Record<string, unknown>>);
  }

  #read(kind: CommandKind, said: Readonly<Record<string, unknown>>): void {
    if (kind === 'create') this.#made.add(String(said['id']));
    if (kind === 'copy')
      for (const { id } of said['backups'] as readonly { readonly id: string }[]) this.#copies!.#made.add(id);
    if (kind === 'prune') {
      this.figures.deletedPacks += Number(said['deletedPacks']);
      if (said['waitingFor'] !== '') this.figures.waited++;
    }
  }

  /** A command in this process that has to succeed. */
  async must(kind: CommandKind | 'verify' | 'check', ...words: readonly string[]): Promise<void> {
    const { path, keyFile } = this.place;
    const env = { HOLDFAST_REPOSITORY: path, HOLDFAST_KEY_FILE: keyFile };
    const { exitCode, stdout, stderr } = await runHoldfast([...words, '-w', 'json'], { env });
    assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}${stdout}`);
    if (kind === 'create' || kind === 'prune')
      this.#read(kind, JSON.parse(stdout) as Readonly<Record<string, unknown>>);
  }

  /** What was made and not forgotten is listed, and what is listed is what was backed up. */
  async requireWhole(context: string): Promise<void> {
    const fresh = reopen(this.#repository);
    const { backups, unreadable } = await listBackups(fresh);
    assert.deepEqual(unreadable, [], context);
    const known = new Set(backups.map(({ id }) => id));
    for (const { name } of await listTombstones(fresh)) known.add(name.slice('forgotten/'.length));
    assert.deepEqual(
      [...this.#made].filter((id) => !known.has(id)),
      [],
      `${context}: made, not forgotten, not there`,
    );
    for (const { id, source, hashes } of backups)
      assert.equal(hashes.kv, this.#hashes.get(source.sha256), `${context}: ${id}`);
    // Fetches each, makes every check of the file, and compares its hashes with those of the record.
    if (backups.length > 0) await this.must('verify', 'backup', 'verify', ...backups.map(({ id }) => id));
    Object.assign(this.figures, { made: this.#made.size, listed: this.figures.listed + backups.length });
  }

  /** Alone, as often as it takes: all that is waste goes, and nothing else is wrong. */
  async settle(): Promise<void> {
    // What was put within the last second by the store's clock is left to the next prune.
    await eventually(60_000, 'all waste goes', async () => {
      await this.must('prune', 'backup', 'prune');
      return (await wastedPacks(this.#repository)).length === 0 ? true : undefined;
    });
    await this.must('check', 'repo', 'check', '--read-data');
  }
}

test('whichever command is killed at whatever moment, what was made and not forgotten is whole', async (t) => {
  const random = new Random(testSeed(t));
  await using dir = await tempDir('repository-kill');
  const { paths, hashes } = await writeDatabases(random, dir.path);
  await using copies = await newRepository(dir.path, 'copies');
  await using source = await newRepository(dir.path, 'repository');
  const second = new KilledRepository(copies.place, { repository: copies.repository, hashes });
  const { repository } = source;
  const first = new KilledRepository(source.place, { repository, hashes, copies: second });
  const create = () => ['backup', 'create', random.pick(paths), '--skip-hash-check'];
  const forget = () => ['backup', 'forget', '--keep-last', String(random.int(1, 4))];
  const prune = () => ['backup', 'prune', '--max-repack', random.pick(['0KiB', '1GiB'])];
  await first.must('create', ...create());

  for (let round = 0; round < rounds; round++) {
    const done = await first.runAll([
      first.commandOf(random, 'create', create()),
      first.commandOf(random, 'create', create()),
      first.commandOf(random, 'forget', forget()),
      first.commandOf(random, 'prune', prune()),
      first.commandOf(random, 'copy', ['backup', 'copy', 'latest']),
    ]);
    await first.requireWhole(`round ${round}: ${done}`);
    await second.requireWhole(`copies, round ${round}: ${done}`);
    await first.must('create', ...create());
    if (random.chance(0.5)) await first.must('prune', ...prune());
    if (random.chance(0.5)) await second.must('forget', ...forget());
    if (random.chance(0.5)) await second.must('prune', ...prune());
  }
  for (const each of [first, second]) {
    await each.requireWhole('after the last round');
    await each.settle();
    t.diagnostic(`${rounds} rounds: ${JSON.stringify(each.figures)}`);
  }
  if (rounds < 100) return;
  t.diagnostic([...first.reached].map(([point, count]) => `${point}: ${count}`).join(', '));
  assert.ok(Object.values(first.figures).every((count) => count > 0));
  const all = Object.values(namedPoints).reduce((sum, { length }) => sum + length, 0);
  assert.ok(first.reached.size >= all * 0.8, 'most named points were reached');
});

/** An empty repository with a key file beside it. */
async function newRepository(directory: string, name: string) {
  const path = join(directory, name);
  const keyFile = `${path}.key`;
  const key = generateFileKey();
  await writeFile(keyFile, formatKeyFile(key), { mode: 0o600 });
  const env = { HOLDFAST_REPOSITORY: path, HOLDFAST_KEY_FILE: keyFile };
  assert.equal((await runHoldfast(['repo', 'init'], { env })).exitCode, 0);
  const storage = await openStorage({ kind: 'filesystem', path });
  const repository = await openRepository(storage, { unlock: { kind: 'key-file', key } }, ctx);
  return {
    place: { path, keyFile },
    repository,
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}
