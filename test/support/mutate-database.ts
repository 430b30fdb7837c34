import { DatabaseEditor, type MetaField, metaFieldOffsets } from './database-editor.ts';
import type { Random } from './random.ts';

/** A damaged file and what was done to it, for the message of a failing test. */
export interface Mutation {
  readonly bytes: Uint8Array;
  readonly steps: readonly string[];
}

/** Does one to four random damages to a copy of a file, some of them such as an attacker would choose. */
export function mutateDatabase(file: Uint8Array, pageSize: number, random: Random): Mutation {
  const count = random.chance(0.7) ? 1 : random.int(2, 4);
  const steps: string[] = [];
  let bytes: Uint8Array = file.slice();
  for (let done = 0; done < count && bytes.length > 0; done++) {
    const mutate = random.pick(mutators);
    const mutated = mutate({ bytes, pageSize, random, pages: Math.floor(bytes.length / pageSize) });
    bytes = mutated.bytes;
    steps.push(mutated.step);
  }
  return { bytes, steps };
}

interface Input {
  readonly bytes: Uint8Array;
  readonly pageSize: number;
  readonly pages: number;
  readonly random: Random;
}

type Mutator = (input: Input) => { readonly bytes: Uint8Array; readonly step: string };

const mutators: readonly Mutator[] = [
  flipBits,
  flipBits,
  overwriteBytes,
  splice,
  fillRange,
  copyPage,
  swapPages,
  truncate,
  extend,
  writeHeader,
  writeHeader,
  writeElement,
  writeElement,
  writeElement,
  writeMeta,
];

/** Sizes, counts and ids at which programs go wrong. */
function nastyNumber(random: Random, pages: number): number {
  return random.pick([
    0,
    1,
    2,
    random.int(0, pages),
    pages,
    pages - 1,
    random.int(0, 5000),
    0x7fff,
    0xffff,
    0x10000,
    0x7fff_ffff,
    0xffff_fff0,
    0xffff_ffff,
  ]);
}

function flipBits({ bytes, random }: Input) {
  const count = random.int(1, 6);
  const places = Array.from({ length: count }, () => random.int(0, bytes.length * 8 - 1));
  for (const bit of places) bytes[bit >> 3]! ^= 1 << (bit & 7);
  return { bytes, step: `flip bits ${places.join()}` };
}

function overwriteBytes({ bytes, random }: Input) {
  const at = random.int(0, bytes.length - 1);
  const written = random.bytes(random.int(1, 40)).subarray(0, bytes.length - at);
  bytes.set(written, at);
  return { bytes, step: `${written.length} random bytes at ${at}` };
}

function splice({ bytes, random }: Input) {
  const size = random.int(1, Math.min(3000, bytes.length));
  const from = random.int(0, bytes.length - size);
  const to = random.int(0, bytes.length - size);
  bytes.copyWithin(to, from, from + size);
  return { bytes, step: `${size} bytes from ${from} to ${to}` };
}

function fillRange({ bytes, random }: Input) {
  const from = random.int(0, bytes.length - 1);
  const end = Math.min(bytes.length, from + random.int(1, 5000));
  const value = random.pick([0, 0, 0xff]);
  bytes.fill(value, from, end);
  return { bytes, step: `fill ${from} to ${end} with ${value}` };
}

function copyPage({ bytes, pageSize, pages, random }: Input) {
  if (pages < 3) return { bytes, step: 'nothing' };
  const from = random.int(0, pages - 1);
  const to = random.int(0, pages - 1);
  bytes.copyWithin(to * pageSize, from * pageSize, (from + 1) * pageSize);
  // With the right id the copy passes for a page of its own.
  const isDisguised = random.chance(0.5);
  const edited = isDisguised
    ? new DatabaseEditor(bytes, pageSize).header(to, { id: BigInt(to) }).bytes
    : bytes;
  return { bytes: edited, step: `page ${from} over page ${to}${isDisguised ? ', disguised' : ''}` };
}

function swapPages({ bytes, pageSize, pages, random }: Input) {
  if (pages < 3) return { bytes, step: 'nothing' };
  const [a, b] = [random.int(0, pages - 1), random.int(0, pages - 1)];
  const editor = new DatabaseEditor(bytes, pageSize);
  const first = editor.page(a).slice();
  editor.page(a).set(editor.page(b));
  editor.page(b).set(first);
  if (random.chance(0.5)) editor.header(a, { id: BigInt(a) }).header(b, { id: BigInt(b) });
  return { bytes: editor.bytes, step: `pages ${a} and ${b} swapped` };
}

function truncate({ bytes, pageSize, pages, random }: Input) {
  const size = random.chance(0.5) ? random.int(0, bytes.length) : random.int(0, pages) * pageSize;
  return { bytes: bytes.slice(0, size), step: `cut to ${size}` };
}

function extend({ bytes, random }: Input) {
  const tail = random.bytes(random.pick([1, 32, 511, 4096]));
  const longer = new Uint8Array(bytes.length + tail.length);
  longer.set(bytes);
  longer.set(tail, bytes.length);
  return { bytes: longer, step: `${tail.length} random bytes at the end` };
}

function writeHeader({ bytes, pageSize, pages, random }: Input) {
  if (pages === 0) return { bytes, step: 'nothing' };
  const editor = new DatabaseEditor(bytes, pageSize);
  const page = random.int(0, pages - 1);
  const value = nastyNumber(random, pages);
  const field = random.pick(['id', 'flags', 'count', 'overflow', 'overflow'] as const);
  if (field === 'id') editor.header(page, { id: BigInt(value) << random.pick([0n, 32n]) });
  else editor.header(page, { [field]: value });
  return { bytes: editor.bytes, step: `${field} of page ${page} is ${value}` };
}

function writeElement({ bytes, pageSize, pages, random }: Input) {
  if (pages < 3) return { bytes, step: 'nothing' };
  const editor = new DatabaseEditor(bytes, pageSize);
  const page = random.int(2, pages - 1);
  const count = Math.min(editor.u16(page, 10), Math.floor(pageSize / 16) - 1);
  const word = random.int(0, Math.max(0, count - 1)) * 4 + random.int(0, 3);
  const old = editor.u32(page, 16 + word * 4);
  const value = random.pick([
    nastyNumber(random, pages),
    (old + random.pick([-16, -1, 1, 16])) >>> 0,
    0xffff_ffff - random.int(0, pageSize),
  ]);
  editor.u32(page, 16 + word * 4, value);
  return { bytes: editor.bytes, step: `word ${word} of page ${page} is ${value}, was ${old}` };
}

function writeMeta({ bytes, pageSize, pages, random }: Input) {
  if (pages < 2) return { bytes, step: 'nothing' };
  const editor = new DatabaseEditor(bytes, pageSize);
  const field = random.pick(Object.keys(metaFieldOffsets) as MetaField[]);
  const number = BigInt(nastyNumber(random, pages));
  const value =
    field === 'pageSize'
      ? BigInt(random.pick([512, 1024, 2048, 4096, 65536, 1 << 24, 1 << 25, 1000]))
      : random.pick([number, number << 20n, 0xffff_ffff_ffff_ffffn - number]) & 0xffff_ffff_ffff_ffffn;
  const which = random.pick([[0, 1], [0], [1]]);
  editor.meta({ [field]: field === 'magic' || field === 'version' ? value & 0xffff_ffffn : value }, which);
  return { bytes: editor.bytes, step: `${field} of meta ${which.join(' and ')} is ${value}` };
}
