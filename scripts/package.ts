/**
 * Makes the single-file programs `dist/holdfast-linux-x64` and `dist/holdfast-linux-arm64`: Node with everything of
 * holdfast inside. `npm run package -- [--out DIR] [NODE]...`; by default one for each Node that npm has installed.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSingleFile } from './build/single-file.ts';
import { root } from './build/settings.ts';
import { elfArch } from './package/elf-note.ts';
import { buildSingleExecutable } from './package/single-executable.ts';

const { values, positionals } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'dist') } },
  allowPositionals: true,
});
const installed = ['x64', 'arm64'].map((arch) => join(root, `node_modules/node-linux-${arch}/bin/node`));
const nodes = positionals.length > 0 ? positionals : installed.filter((path) => existsSync(path));
if (nodes.length === 0) throw new Error('no Node to package: "npm ci" installs one on Linux, or name one');

const out = resolve(values.out);
await mkdir(out, { recursive: true });
const script = await buildSingleFile();
for (const node of nodes) {
  const program = await buildSingleExecutable(node, script);
  const path = join(out, `holdfast-linux-${elfArch(program)!}`);
  // A program that runs cannot be written to, and a half-written one must not be run.
  const unfinished = `${path}.part`;
  try {
    await writeFile(unfinished, program);
    await chmod(unfinished, 0o755);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  console.log(`${path}  ${(program.length / 1e6).toFixed(1)} MB`);
}
