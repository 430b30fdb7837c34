/** Bare programs that say what Node itself costs: nothing built on it can be quicker. */
import { join } from 'node:path';
import { build } from 'esbuild';

/** Builds a bare program into a directory, as the product is built, and returns its path. */
export async function buildFloor(
  name: 'bare-status' | 'bare-restore' | 'bare-fetch',
  directory: string,
): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  const addon = import.meta.resolve('@node-rs/crc32');
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { '@node-rs/crc32': addon },
    external: [addon],
    logLevel: 'error',
  });
  return outfile;
}
