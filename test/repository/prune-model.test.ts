/**
 * Writers, pruners and forgetting at once in one store, one request at a time in an order that chance decides, each of
 * them killed at any request: whatever happens, every backup that is listed can be read.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, operationContext, type OperationContext } from '../../src/base/index.ts';
import { generateFileKey } from '../../src/repository/keys/index.ts';
import { forgetBackups } from '../../src/repository/forget/index.ts';
import { initRepository, listBackupIds, type Repository } from '../../src/repository/open/index.ts';
import { pruneRepository, type PruneResult } from '../../src/repository/prune/index.ts';
import type { SessionStatement } from '../../src/repository/records/index.ts';
import { openMemoryStorage, type Storage } from '../../src/storage/index.ts';
import { Random } from '../support/random.ts';
import { type Actor, play } from '../support/stage.ts';
import { testSeed } from '../support/test-seed.ts';
import { addSmallBackup, brokenBackups, reopen, wastedPacks } from './small-backups.ts';

const isSoak = process.env['HOLDFAST_SOAK'] === '1';
const histories = isSoak ? 150 : 6;
const roundsEach = isSoak ? 20 : 10;

/** One repository, its clocks, and who has died in it. */
class History {
  readonly random: Random;
  readonly storage: Storage;
  readonly repository: Repository;
  readonly figures = { backups: 0, prunes: 0, waited: 0, killed: 0, deletedPacks: 0 };
  nowMs: number;
  /** What the sessions of killed processes say about their beginning. */
  readonly #dead = new Set<string>();
  #clockReads = 0;

  private constructor(random: Random, storage: Storage, repository: Repository, nowMs: number) {
    this.random = random;
    this.storage = storage;
    this.repository = repository;
    this.nowMs = nowMs;
  }

  static async open(random: Random): Promise<History> {
    const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
    const storage = openMemoryStorage({ now: () => clock.nowMs });
    const lock = { kind: 'key-file', key: generateFileKey() } as const;
    const repository = await initRepository(storage, { lock }, operationContext());
    const history = new History(random, storage, repository, clock.nowMs);
    Object.defineProperty(history, 'nowMs', {
      get: () => clock.nowMs,
      set: (ms: number) => {
        clock.nowMs = ms;
      },
    });
    return history;
  }

  /** The work of one process, whose clock is wrong by up to an hour. */
  actor(name: string, work: (repository: Repository, ctx: OperationContext) => Promise<void>): Actor {
    const skewMs = this.random.int(-3600, 3600) * 1000;
    const said = new Set<string>();
    const now = () => {
      const ms = Math.floor((this.nowMs + skewMs) / 1000) * 1000 + (this.#clockReads++ % 1000);
      said.add(new Date(ms).toISOString());
      return ms;
    };
    const ctx = operationContext({ clock: { now, monotonicMs: now } });
    const killAt = this.random.chance(0.4) ? { killAt: this.random.int(1, 60) } : {};
    return {
      name,
      ...killAt,
      work: async (storage) => {
        try {
          await work(reopen(this.repository, storage), ctx);
        } finally {
          // Whoever ends by itself has deleted its session: this tells of killed ones only.
          for (const iso of said) this.#dead.add(iso);
        }
      },
    };
  }

  readonly isGone = ({ since }: SessionStatement): boolean => this.#dead.has(since);

  writer(name: string): Actor {
    const backups = Array.from({ length: this.random.int(1, 3) }, () =>
      Array.from({ length: 12 }, (_, number) => number).filter(() => this.random.chance(0.3)),
    );
    return this.actor(name, async (repository, ctx) => {
      for (const chunks of backups) {
        await addSmallBackup(repository, chunks, ctx);
        this.figures.backups++;
      }
    });
  }

  pruner(name: string): Actor {
    const maxRepackBytes = this.random.pick([0, 2000, 1 << 30]);
    return this.actor(name, async (repository, ctx) => {
      try {
        this.note(await pruneRepository(repository, { maxRepackBytes, isGone: this.isGone }, ctx));
      } catch (error) {
        if (!hasCode(error, 'REPOSITORY_BUSY')) throw error;
      }
    });
  }

  note({ waiting, deletedPacks, missing }: PruneResult): void {
    assert.equal(missing, 0, 'nothing is said to be missing because a backup came just then');
    this.figures.prunes++;
    this.figures.deletedPacks += deletedPacks;
    if (waiting !== undefined) this.figures.waited++;
  }

  async forgetter(): Promise<Actor> {
    const ids = (await listBackupIds(this.repository)).filter(() => this.random.chance(0.4));
    return this.actor('forget', async (repository, ctx) => {
      await forgetBackups(repository, { backups: new Map(ids.map((id) => [id, 'test'])) }, ctx);
    });
  }

  async round(): Promise<void> {
    const actors = [this.writer('writer 1'), this.writer('writer 2'), this.pruner('pruner 1')];
    if (this.random.chance(0.3)) actors.push(this.pruner('pruner 2'));
    if (this.random.chance(0.7)) actors.push(await this.forgetter());
    // Time may stand still, or minutes may pass within one request.
    const longestMs = this.random.pick([0, 2_000, 90_000]);
    const killed = await play(actors, {
      storage: this.storage,
      random: this.random,
      onRequest: () => {
        this.nowMs += this.random.int(0, longestMs);
      },
    });
    this.figures.killed += killed.length;
  }

  /** Alone, as often as it takes: all that is waste goes. */
  async settle(): Promise<void> {
    const options = { isGone: this.isGone };
    for (let run = 0; run < 3; run++) {
      this.nowMs += 120_000;
      this.note(await pruneRepository(reopen(this.repository), options, operationContext()));
    }
  }
}

test('whoever is killed, every backup that is listed can be read, and waste goes in the end', async (t) => {
  const random = new Random(testSeed(t));
  const totals = { backups: 0, prunes: 0, waited: 0, killed: 0, deletedPacks: 0 };
  for (let number = 0; number < histories; number++) {
    const history = await History.open(random);
    for (let round = 0; round < roundsEach; round++) {
      await history.round();
      const broken = await brokenBackups(history.repository);
      assert.deepEqual([...broken], [], `history ${number}, round ${round}`);
    }
    await history.settle();
    assert.deepEqual([...(await brokenBackups(history.repository))], [], `history ${number}, settled`);
    assert.deepEqual(await wastedPacks(history.repository), [], `history ${number}`);
    const left: string[] = [];
    for (const prefix of ['sessions/', 'prune/'])
      for await (const { name } of history.storage.list(prefix)) left.push(name);
    assert.deepEqual(left, [], 'no session and no marker is left');
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += history.figures[key];
  }
  t.diagnostic(`${histories} × ${roundsEach} rounds: ${JSON.stringify(totals)}`);
  for (const [what, count] of Object.entries(totals)) assert.ok(count > 0, `${what} happened`);
});
