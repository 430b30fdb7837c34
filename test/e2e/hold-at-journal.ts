/**
 * Loaded into a recovery ahead of it: when a line with one of some texts is safe in its journal, it goes no further until
 * a file is there, which it removes. Imported as `hold-at-journal.ts?go=FILE&text=…`.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../../src/base/index.ts';

type Call = (this: FileHandle, ...args: unknown[]) => Promise<unknown>;

const { searchParams } = new URL(import.meta.url);
const texts = searchParams.getAll('text');
const go = searchParams.get('go')!;
const toHold = new WeakSet<FileHandle>();

const probe = await open('/dev/null');
const calls = Object.getPrototypeOf(probe) as Record<'write' | 'datasync', Call>;
await probe.close();
const { write, datasync } = calls;

calls.write = async function (bytes, ...more) {
  const written = Buffer.from(bytes as Uint8Array).toString();
  if (texts.some((text) => written.includes(text))) toHold.add(this);
  return await write.call(this, bytes, ...more);
};

calls.datasync = async function () {
  await datasync.call(this);
  if (!toHold.delete(this)) return;
  while (!(await mayGo())) await delay(5);
};

async function mayGo(): Promise<boolean> {
  try {
    await unlink(go);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
