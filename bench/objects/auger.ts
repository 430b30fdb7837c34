/** auger, the tool of the etcd project that decodes objects out of a database file; where it can be had. */
import { mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../test/support/run-command.ts';

const version = 'v1.0.3';

/**
 * Path of the program: `$HOLDFAST_AUGER`, or built with this machine's Go into the cache directory. Undefined, after
 * the reason was told, where there is none.
 */
export async function findAuger(
  cacheDirectory: string,
  log: (line: string) => void,
): Promise<string | undefined> {
  const given = process.env['HOLDFAST_AUGER'];
  if (given !== undefined) return given;
  const directory = join(cacheDirectory, `auger-${version}`);
  const path = join(directory, 'auger');
  if (existsSync(path)) return path;
  try {
    await mkdir(directory, { recursive: true });
    await mustRun('go', ['install', '-trimpath', `github.com/etcd-io/auger@${version}`], {
      env: { GOBIN: directory, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' },
      timeoutMs: 10 * 60_000,
    });
    return path;
  } catch (error) {
    log(`auger is left out: ${error instanceof Error ? error.message.split('\n').at(-1) : String(error)}`);
    return undefined;
  }
}
