import {
  type Finding,
  hasCode,
  isHoldfastError,
  type OperationContext,
  throwIfInterrupted,
} from '../../base/index.ts';
import { ChunkIndex, type IndexedPack } from '../chunk-index/index.ts';
import { contentKey, NeededContents } from '../needed/index.ts';
import {
  type BackupList,
  isUnreadable,
  listBackupIds,
  listBackups,
  listPins,
  listPruneMarkers,
  listResults,
  listSessions,
  listTombstones,
  type Repository,
} from '../open/index.ts';
import { packName, packKindOf, type PieceType } from '../pack/index.ts';
import type { StoredPack } from '../prune/index.ts';
import { type BackupRecord, recordName } from '../records/index.ts';
import { listSlots } from '../slots/index.ts';
import { missingPack, type PackDamage, readPack } from './check-packs.ts';
import { type NamedObject, objectOfName } from './object-names.ts';

/** Something that is not as it should be, and whom it hits. */
export interface CheckFinding extends Finding {
  /** Name of the object in the store. */
  readonly object: string;
  /** Ids of the backups that cannot be fetched because of it, or not in full. */
  readonly backups: readonly string[];
}

export interface CheckOptions {
  /** The share of packs that are read in full, from 0 to 1. Default 0: recipes only, which are always read. */
  readonly readData?: number;
  /** Chooses them: a number from 0 to 1 for each pack. Default random. */
  readonly choose?: () => number;
}

export interface CheckResult {
  readonly findings: readonly CheckFinding[];
  readonly objects: number;
  readonly bytes: number;
  readonly packs: number;
  /** Packs that were read in full. */
  readonly packsRead: number;
  readonly backups: number;
  /** Ids of backups that cannot be fetched in full. */
  readonly brokenBackups: readonly string[];
}

/**
 * Checks every object of a repository. Nothing is changed. Damage is a finding, not an error.
 * Errors: those of the store, INTERRUPTED.
 */
export async function checkRepository(
  repository: Repository,
  options: CheckOptions,
  ctx: OperationContext,
): Promise<CheckResult> {
  for (let attempt = 1; ; attempt++) {
    const check = new RepositoryCheck(repository, ctx);
    const result = await check.run(options);
    const isSound = result.findings.every(({ severity }) => severity !== 'fail');
    if (isSound || attempt === maxAttempts || !(await check.isPruned())) return result;
    ctx.log.info('the repository was pruned while it was checked: it is checked again');
  }
}

/** What a pruner takes away under a check seems to be missing. */
const maxAttempts = 3;

type Lost = { readonly pack: string; readonly key: string };

class RepositoryCheck {
  readonly #repository: Repository;
  readonly #ctx: OperationContext;
  readonly #findings: CheckFinding[] = [];
  readonly #stored = new Map<string, StoredPack>();
  readonly #index = new ChunkIndex();
  readonly #damaged = new Map<string, PackDamage>();
  /** Backups hit, by the object that hits them. */
  readonly #hits = new Map<string, Set<string>>();
  readonly #broken = new Set<string>();
  readonly #segments: string[] = [];
  #ids: readonly string[] = [];
  readonly #unreadableSegments: { readonly name: string; readonly why: string }[] = [];
  #objects = 0;
  #bytes = 0;

  constructor(repository: Repository, ctx: OperationContext) {
    this.#repository = repository;
    this.#ctx = ctx;
  }

  async run({ readData = 0, choose = Math.random }: CheckOptions): Promise<CheckResult> {
    // Records before the index, and the index before the packs: what each of them names was there before it.
    const list = await listBackups(this.#repository, this.#ctx.signal);
    this.#ids = [...list.backups, ...list.unreadable].map(({ id }) => id);
    await this.#readSegments();
    await this.#listObjects();
    await this.#checkStatements();
    let packsRead = 0;
    for (const pack of this.#index.packs()) {
      const stored = this.#stored.get(packName(pack.digest));
      const isChosen = choose() < readData;
      if (stored === undefined) this.#damaged.set(packName(pack.digest), missingPack(pack));
      else if (isChosen || stored.sizeBytes !== pack.sizeBytes) {
        packsRead++;
        await this.#readPack(pack);
      }
    }
    const backups = await this.#checkBackups(list);
    this.#reportPacks();
    this.#reportSegments();
    return {
      findings: this.#findings,
      objects: this.#objects,
      bytes: this.#bytes,
      packs: this.#stored.size,
      packsRead,
      backups,
      brokenBackups: [...this.#broken].sort(),
    };
  }

  /** Whether something that this check began with has been forgotten or moved since. */
  async isPruned(): Promise<boolean> {
    const { signal } = this.#ctx;
    const ids = new Set(await listBackupIds(this.#repository, signal));
    if (this.#ids.some((id) => !ids.has(id))) return true;
    for (const name of this.#segments)
      if ((await this.#repository.storage.stat(name, { signal })) === undefined) return true;
    return false;
  }

  #report(
    severity: Finding['severity'],
    code: string,
    object: string,
    why: string,
    backups?: Iterable<string>,
  ) {
    const hit = [...(backups ?? [])].sort();
    this.#findings.push({ severity, code, object, message: `${object} ${why}`, backups: hit });
  }

  async #readSegments(): Promise<void> {
    const { storage } = this.#repository;
    for await (const { name } of storage.list('index/', { signal: this.#ctx.signal })) {
      if (objectOfName(name) !== 'segment') continue;
      this.#segments.push(name);
      try {
        for (const pack of await this.#repository.readSegment(name, this.#ctx.signal)) this.#index.add(pack);
      } catch (error) {
        if (hasCode(error, 'STORAGE_OBJECT_MISSING')) continue;
        if (!isUnreadable(error)) throw error;
        this.#unreadableSegments.push({ name, why: causeOf(error, name) });
      }
    }
  }

  async #listObjects(): Promise<void> {
    for await (const stat of this.#repository.storage.list('', { signal: this.#ctx.signal })) {
      this.#objects++;
      this.#bytes += stat.sizeBytes;
      const kind = objectOfName(stat.name);
      if (kind === 'pack') this.#stored.set(stat.name, stat);
      if (kind === undefined)
        this.#report(
          'warn',
          'foreign-object',
          stat.name,
          'does not belong to the repository: it is left alone',
        );
    }
  }

  async #readPack(pack: IndexedPack): Promise<void> {
    throwIfInterrupted(this.#ctx.signal);
    const damage = await readPack(this.#repository, pack, this.#ctx);
    if (damage !== undefined) this.#damaged.set(packName(pack.digest), damage);
  }

  /** Small objects, by which nothing else is hit. */
  async #checkStatements(): Promise<void> {
    const { signal } = this.#ctx;
    const lists = [listSessions, listPruneMarkers, listTombstones, listPins];
    const statements = [];
    for (const list of lists) statements.push(...(await list(this.#repository, signal)));
    statements.push(...(await listResults(this.#repository, undefined, signal)));
    for (const { name, statement } of statements) {
      const kind = objectOfName(name);
      if (kind !== undefined && isHoldfastError(statement))
        this.#report(
          'fail',
          `${kind}-damaged`,
          name,
          `${causeOf(statement, name)}; ${consequences[kind] ?? ''}`,
        );
    }
    for (const { name, slot, problem } of await listSlots(this.#repository.storage, { signal })) {
      if (objectOfName(name) === undefined) continue;
      if (problem !== undefined)
        this.#report('fail', 'slot-damaged', name, `${causeOf(problem, name)}; other keys still open`);
      else if (slot?.repositoryId !== this.#repository.repositoryId)
        this.#report('warn', 'slot-foreign', name, 'is a key of another repository');
      else if (slot.generation > this.#repository.keys.publicKeys.length)
        this.#report('warn', 'generation-missing', name, this.#missingGeneration(slot.generation));
    }
  }

  #missingGeneration(generation: number): string {
    return `is for generations/${generation}, which is not there: a rotation was stopped, or it is gone`;
  }

  /** Records, what they need, and what other records know of them. Returns how many backups there are. */
  async #checkBackups({ backups, unreadable }: BackupList): Promise<number> {
    const { signal } = this.#ctx;
    for (const { id, error } of unreadable) {
      this.#broken.add(id);
      this.#report('fail', 'record-damaged', recordName(id), causeOf(error, recordName(id)), [id]);
    }
    const tombstones = await listTombstones(this.#repository, signal);
    const known = new Set([...backups, ...unreadable].map(({ id }) => id));
    for (const { name } of tombstones) known.add(name.slice('forgotten/'.length));
    for (const id of new Set(
      backups.flatMap(({ seen, parent }) => [...seen, ...(parent === undefined ? [] : [parent])]),
    ))
      if (!known.has(id)) {
        this.#broken.add(id);
        this.#report(
          'fail',
          'record-missing',
          recordName(id),
          'is gone, and was not forgotten: later backups saw it',
          [id],
        );
      }
    const needs = new NeededContents(this.#repository);
    for (const record of backups) await this.#checkBackup(record, needs);
    return this.#ids.length;
  }

  async #checkBackup(record: BackupRecord, needs: NeededContents): Promise<void> {
    throwIfInterrupted(this.#ctx.signal);
    const own: readonly (readonly [PieceType, Uint8Array | undefined])[] = [
      ...record.recipe.map((id) => ['recipe', id] as const),
      ['layout', record.layout],
      ['bundleList', record.bundle?.list],
    ];
    for (const [type, id] of own) if (id !== undefined) await this.#tryContent(type, id);
    let contents: ReadonlySet<string>;
    try {
      contents = (await needs.of(record, this.#ctx.signal)).contents;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      contents = new Set(own.flatMap(([type, id]) => (id === undefined ? [] : [contentKey(type, id)])));
      this.#broken.add(record.id);
    }
    for (const key of contents) this.#require(key, record.id);
  }

  /** Reads one content at all its places, so that those which do not hold it are known. */
  async #tryContent(type: PieceType, id: Uint8Array): Promise<void> {
    if (packKindOf(type) === 'bundlePack' && !this.#repository.uses.includes('bundle')) return;
    for (const place of this.#index.find(type, id)) {
      const name = packName(place.pack.digest);
      if (this.#stored.get(name)?.sizeBytes !== place.pack.sizeBytes) continue;
      try {
        await this.#repository.readPlace(place, this.#ctx.signal);
      } catch (error) {
        if (hasCode(error, 'STORAGE_OBJECT_MISSING')) {
          this.#damaged.set(name, missingPack(place.pack));
          continue;
        }
        if (!isUnreadable(error)) throw error;
        const lost = new Set([...(this.#damaged.get(name)?.lost ?? []), contentKey(type, id)]);
        this.#damaged.set(name, { why: 'is not what was written', lost });
      }
    }
  }

  /** A backup needs a content: is there a place that still holds it? */
  #require(key: string, backup: string): void {
    const [type, hex] = key.split(' ') as [PieceType, string];
    const places = this.#index.find(type, Buffer.from(hex, 'hex'));
    const lost: Lost[] = [];
    for (const { pack } of places) {
      const name = packName(pack.digest);
      if (this.#damaged.get(name)?.lost.has(key) !== true) return;
      lost.push({ pack: name, key });
    }
    // A row table only saves work: the next writer makes it anew.
    if (type === 'rowTable') return;
    this.#broken.add(backup);
    if (places.length === 0) this.#hit('', backup);
    for (const { pack } of lost) this.#hit(pack, backup);
  }

  #hit(object: string, backup: string): void {
    const hit = this.#hits.get(object) ?? new Set();
    this.#hits.set(object, hit.add(backup));
  }

  #reportPacks(): void {
    for (const [name, { why, isMissing = false, lost }] of this.#damaged) {
      const hit = this.#hits.get(name) ?? [];
      const isNeeded = [...hit].length > 0;
      const severity = isMissing && !isNeeded ? 'warn' : 'fail';
      const told = isMissing ? why : `${why}; ${lost.size} of its contents cannot be used`;
      this.#report(severity, isMissing ? 'pack-missing' : 'pack-damaged', name, told, hit);
    }
    const named = new Set([...this.#index.packs()].map(({ digest }) => packName(digest)));
    for (const name of this.#stored.keys())
      if (!named.has(name))
        this.#report(
          'warn',
          'pack-unnamed',
          name,
          'is named by no index segment: of a writer that is at work or was stopped, or of a segment that is gone',
        );
  }

  #reportSegments(): void {
    const unplaced = this.#hits.get('') ?? [];
    for (const { name, why } of this.#unreadableSegments)
      this.#report('fail', 'segment-damaged', name, `${why}; the index can be rebuilt`, unplaced);
    if (this.#unreadableSegments.length > 0) return;
    for (const id of unplaced)
      this.#report('fail', 'content-unplaced', recordName(id), 'needs contents that no index segment names', [
        id,
      ]);
  }
}

/** What a damaged statement means, where that is not plain. */
const consequences: Readonly<Partial<Record<NamedObject, string>>> = {
  tombstone: 'the backup stays forgotten',
  pin: 'it counts, but its reason and end are not known',
  result: 'what it said is not known',
  session: 'it counts until it is 24 hours old',
  marker: 'the next prune plans anew',
};

/** What is wrong, without the name of the object in front. */
function causeOf({ message }: Error, name: string): string {
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}
