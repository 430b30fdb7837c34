import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addElfNote, elfArch } from './elf-note.ts';

/** Where Node looks for its program, and the mark that makes it look (Node's single executable applications). */
const noteName = 'NODE_SEA_BLOB';
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** Compiled code holds hashes of strings with a random seed; V8 takes code back that was made with this flag. */
const repeatable = ['--random-seed=1'];

/**
 * Node with a program inside: what `nodePath` holds, with the script in a note of its own. The same input gives the
 * same bytes. The Node that runs this must have the same version, because the note is in a format of that version.
 * Throws an Error when the file is no such Node.
 */
export async function buildSingleExecutable(nodePath: string, script: string): Promise<Uint8Array> {
  const node = await readFile(nodePath);
  const arch = elfArch(node);
  if (arch === undefined) throw new Error(`${nodePath} is no program for linux x64 or arm64`);
  if (!node.includes(`node-${process.version}-headers`))
    throw new Error(`${nodePath} is not Node ${process.version}, which makes the package`);
  const program = addElfNote(node, noteName, await buildBlob(script, arch === process.arch));
  setFuse(program, nodePath);
  return program;
}

/** @param cached with compiled code, which only a Node of the same architecture accepts */
async function buildBlob(script: string, cached: boolean): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-package-'));
  try {
    // The blob holds the name of the script as given: relative, so that it does not tell where it was built.
    const config = {
      main: 'holdfast.cjs',
      output: 'blob',
      disableExperimentalSEAWarning: true,
      useCodeCache: cached,
      // What is set for the user's own Node is not meant for this program.
      execArgvExtension: 'none',
    };
    await writeFile(join(dir, config.main), script);
    await writeFile(join(dir, 'config.json'), JSON.stringify(config));
    await promisify(execFile)(process.execPath, [...repeatable, '--experimental-sea-config', 'config.json'], {
      cwd: dir,
      timeout: 120_000,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return await readFile(join(dir, config.output));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function setFuse(program: Uint8Array, nodePath: string): void {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  const at = bytes.indexOf(`${fuse}:0`);
  if (at < 0 || bytes.indexOf(fuse, at + 1) >= 0)
    throw new Error(`${nodePath} is not a Node that can hold a program`);
  bytes.write('1', at + fuse.length + 1);
}
