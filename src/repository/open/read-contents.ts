import { hasCode, type HoldfastError } from '../../base/index.ts';
import type { ChunkPlace } from '../chunk-index/index.ts';
import { packName, type PieceType } from '../pack/index.ts';
import type { Repository } from './repository.ts';
import type { PieceThreads } from '../sealing/index.ts';
import { isUnreadable } from './small-objects.ts';

/** A content by what it is. */
export interface ContentName {
  readonly type: PieceType;
  readonly id: Uint8Array;
}

export interface ReadContentsOptions {
  readonly signal?: AbortSignal | undefined;
  /** False when the caller checks in another way that the contents are those that were put there; default true. */
  readonly checkIds?: boolean;
  /** Where contents are opened; the caller's. */
  readonly threads?: PieceThreads | undefined;
}

/** Neighbours in a pack are read together up to so many bytes; two such reads are in memory. */
const readBytes = 2 << 20;
/** What lies between two wanted pieces and is not worth a request of its own. */
const gapBytes = 64 << 10;

/** Contents that are unpacked before they are asked for. */
const contentsAhead = 4;

interface Run {
  readonly places: readonly ChunkPlace[];
  readonly names: readonly ContentName[];
}

/**
 * Contents in the order in which they are asked for; one read is always on its way ahead. What lies side by side in a
 * pack is one request. Errors: those of `Repository.getContent`.
 */
export async function* readContents(
  repository: Repository,
  names: Iterable<ContentName>,
  options: ReadContentsOptions = {},
): AsyncGenerator<Uint8Array> {
  for await (const content of tryReadContents(repository, names, options)) {
    if (content instanceof Error) throw content;
    yield content;
  }
}

/** The same; instead of a content that is missing or damaged comes the error, and then the next one. */
export async function* tryReadContents(
  repository: Repository,
  names: Iterable<ContentName>,
  { signal, checkIds = true, threads }: ReadContentsOptions = {},
): AsyncGenerator<Uint8Array | HoldfastError> {
  const runs = runsOf(await repository.index(signal), names);
  const start = (run: Run | undefined) => run && { run, bytes: quietly(readRun(repository, run, signal)) };
  let current = start(runs.next().value ?? undefined);
  // Unpacked ahead of whoever asks, on other threads; what fails is looked for again when its turn comes.
  const ahead: (() => Promise<Uint8Array | HoldfastError>)[] = [];
  while (current !== undefined) {
    const next = start(runs.next().value ?? undefined);
    const { run } = current;
    const bytes = await current.bytes;
    for (let at = 0; at < run.names.length; at++) {
      const opened = quietly(openFrom(repository, run, at, bytes, { signal, checkIds, threads }));
      const name = run.names[at]!;
      ahead.push(async () => (await opened) ?? (await getOrFailure(repository, name, signal)));
      if (ahead.length > contentsAhead) yield await ahead.shift()!();
    }
    current = next;
  }
  for (const take of ahead) yield await take();
}

async function getOrFailure(
  repository: Repository,
  { type, id }: ContentName,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | HoldfastError> {
  try {
    return await repository.getContent(type, id, signal);
  } catch (error) {
    if (isUnreadable(error)) return error;
    throw error;
  }
}

/** A rejection is handed out when the result is asked for, not when it happens. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function* runsOf(
  index: Awaited<ReturnType<Repository['index']>>,
  names: Iterable<ContentName>,
): Generator<Run, undefined> {
  let run: { places: ChunkPlace[]; names: ContentName[] } | undefined;
  for (const name of names) {
    const place = index.find(name.type, name.id)[0];
    if (run !== undefined && place !== undefined && follows(run.places, place)) {
      run.places.push(place);
      run.names.push(name);
      continue;
    }
    if (run !== undefined) yield run;
    run = { places: place === undefined ? [] : [place], names: [name] };
  }
  if (run !== undefined) yield run;
}

function follows(places: readonly ChunkPlace[], { pack, entry }: ChunkPlace): boolean {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined || first.pack !== pack) return false;
  const end = last.entry.offset + last.entry.pieceBytes;
  const gap = entry.offset - end;
  return gap >= 0 && gap <= gapBytes && entry.offset + entry.pieceBytes - first.entry.offset <= readBytes;
}

/** The bytes of a run, or undefined when its pack is not there: each content is then looked for on its own. */
async function readRun(
  repository: Repository,
  { places }: Run,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const lengthBytes = last.entry.offset + last.entry.pieceBytes - first.entry.offset;
  const range = { offset: first.entry.offset, lengthBytes, limitBytes: lengthBytes };
  try {
    return await repository.storage.get(packName(first.pack.digest), { ...range, signal });
  } catch (error) {
    if (hasCode(error, 'STORAGE_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

async function openFrom(
  repository: Repository,
  { places }: Run,
  at: number,
  bytes: Uint8Array | undefined,
  { signal, checkIds, threads }: ReadContentsOptions & { readonly checkIds: boolean },
): Promise<Uint8Array | undefined> {
  const [first, place] = [places[0], places[at]];
  if (bytes === undefined || first === undefined || place === undefined) return undefined;
  const start = place.entry.offset - first.entry.offset;
  try {
    const opener = await repository.openPack(place.pack, signal);
    const piece = bytes.subarray(start, start + place.entry.pieceBytes);
    return await opener.openAhead(place.entry, piece, { checkId: checkIds, threads });
  } catch (error) {
    if (!isUnreadable(error) && !hasCode(error, 'STORAGE_OBJECT_MISSING')) throw error;
    return undefined;
  }
}
