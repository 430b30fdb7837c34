/**
 * Gives a 64-bit little-endian ELF program one more note, which is where Node looks for the program inside it.
 *
 * Kept is what the loader maps; section headers, symbols and debug information, which follow it, go. The note gets a
 * segment of its own behind everything else, and that segment needs an entry in the table of program headers. The room
 * for the entry is what follows the table: the interpreter's name and the notes so far, which move into the new segment.
 * Nothing else moves, in the file or in memory.
 *
 * Facts: System V ABI, "ELF Header", "Program Header", "Note Section"; the kernel's `load_elf_binary`.
 */
const headerBytes = 56;
const segmentType = { load: 1, interpreter: 3, note: 4, table: 6 };
const readable = 4;
const noteAlign = 4;
/** The largest page of the machines that we build for: arm64 may have 64 KiB. */
const pageBytes = 0x10000;

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly align: number;
}

/** The architecture of a program; undefined when it is not a 64-bit ELF program for one that we know. */
export function elfArch(program: Uint8Array): 'x64' | 'arm64' | undefined {
  const start = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
  if (program.length < 64 || start.some((byte, index) => program[index] !== byte)) return undefined;
  const machine = viewOf(program).getUint16(18, true);
  return machine === 62 ? 'x64' : machine === 183 ? 'arm64' : undefined;
}

/** The program with the note, in fresh bytes. Throws an Error when it is laid out in any other way than expected. */
export function addElfNote(program: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  if (elfArch(program) === undefined) throw new Error('this is no ELF program for x64 or arm64');
  const segments = readSegments(program);
  const table = only(segments, segmentType.table);
  const interpreter = only(segments, segmentType.interpreter);
  const notes = only(segments, segmentType.note);
  requireRoom(segments, table, [interpreter, notes]);

  const mapped = segments.filter(({ type }) => type === segmentType.load);
  const fileEnd = Math.max(...mapped.map(({ offset, fileBytes }) => offset + fileBytes));
  const offset = alignUp(fileEnd, pageBytes);
  const address = alignUp(
    Math.max(...mapped.map((segment) => segment.address + segment.memoryBytes)),
    pageBytes,
  );
  const allNotes = Buffer.concat([encodeNote(name, content), bytesOf(program, notes)]);
  const added = Buffer.concat([allNotes, bytesOf(program, interpreter)]);
  const place = (start: number, size: number) => ({
    offset: offset + start,
    address: address + start,
    fileBytes: size,
    memoryBytes: size,
  });

  const tableBytes = (segments.length + 1) * headerBytes;
  const changed = new Map<Segment, Segment>([
    [table, { ...table, fileBytes: tableBytes, memoryBytes: tableBytes }],
    [interpreter, { ...interpreter, ...place(allNotes.length, interpreter.fileBytes) }],
    [notes, { ...notes, ...place(0, allNotes.length) }],
  ]);
  const headers = segments.map((segment) => changed.get(segment) ?? segment);
  // The segments to load are listed by rising address.
  headers.splice(segments.indexOf(mapped.at(-1)!) + 1, 0, {
    type: segmentType.load,
    flags: readable,
    align: pageBytes,
    ...place(0, added.length),
  });

  const result = new Uint8Array(offset + added.length);
  result.set(program.subarray(0, fileEnd));
  result.set(added, offset);
  writeHeaders(result, table.offset, headers);
  return result;
}

/** The new entry must fall on what moves away, and on nothing else. */
function requireRoom(segments: readonly Segment[], table: Segment, moving: readonly Segment[]): void {
  const start = table.offset + segments.length * headerBytes;
  const end = start + headerBytes;
  const kept = segments.filter((segment) => !moving.includes(segment) && segment.type !== segmentType.load);
  const isKept = kept.some(({ offset, fileBytes }) => offset < end && offset + fileBytes > start);
  const ranges = moving.toSorted((a, b) => a.offset - b.offset);
  let covered = start;
  for (const { offset, fileBytes } of ranges)
    if (offset <= alignUp(covered, noteAlign)) covered = Math.max(covered, offset + fileBytes);
  if (isKept || covered < end || table.fileBytes !== segments.length * headerBytes)
    throw new Error('the table of program headers has no room to grow');
  if (moving.some(({ type, align }) => type === segmentType.note && align !== noteAlign))
    throw new Error('the notes are not aligned to four bytes');
}

/** A note of type 0: sizes of name and content, type, then both, each filled up to four bytes. */
function encodeNote(name: string, content: Uint8Array): Uint8Array {
  const nameBytes = Buffer.from(`${name}\0`);
  const contentStart = 12 + alignUp(nameBytes.length, noteAlign);
  const bytes = new Uint8Array(contentStart + alignUp(content.length, noteAlign));
  const view = viewOf(bytes);
  view.setUint32(0, nameBytes.length, true);
  view.setUint32(4, content.length, true);
  bytes.set(nameBytes, 12);
  bytes.set(content, contentStart);
  return bytes;
}

function readSegments(program: Uint8Array): Segment[] {
  const view = viewOf(program);
  const number = (at: number) => Number(view.getBigUint64(at, true));
  if (view.getUint16(54, true) !== headerBytes) throw new Error('program headers of an unknown size');
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = number(32) + index * headerBytes;
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: number(at + 8),
      address: number(at + 16),
      fileBytes: number(at + 32),
      memoryBytes: number(at + 40),
      align: number(at + 48),
    };
  });
}

function writeHeaders(program: Uint8Array, tableOffset: number, segments: readonly Segment[]): void {
  const view = viewOf(program);
  for (const [index, segment] of segments.entries()) {
    const at = tableOffset + index * headerBytes;
    const { offset, address, fileBytes, memoryBytes, align } = segment;
    view.setUint32(at, segment.type, true);
    view.setUint32(at + 4, segment.flags, true);
    for (const [word, value] of [offset, address, address, fileBytes, memoryBytes, align].entries())
      view.setBigUint64(at + 8 + word * 8, BigInt(value), true);
  }
  view.setUint16(56, segments.length, true);
  // No section headers: where they begin, how many, which holds their names.
  view.setBigUint64(40, 0n, true);
  view.setUint16(60, 0, true);
  view.setUint16(62, 0, true);
}

function only(segments: readonly Segment[], type: number): Segment {
  const found = segments.filter((segment) => segment.type === type);
  if (found.length !== 1) throw new Error(`${found.length} segments of type ${type}, and one is expected`);
  return found[0]!;
}

function bytesOf(program: Uint8Array, { offset, fileBytes }: Segment): Uint8Array {
  return program.subarray(offset, offset + fileBytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function alignUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
