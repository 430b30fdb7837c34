/**
 * The static-pod runner as a program, in place of the kubelet:
 *
 *   main.ts static-pods --root DIR [--config FILE | --manifests-dir DIR] --programs FILE
 *     [--state-dir DIR] [--rescan-ms N] [--max-grace-ms N] [--first-back-off-ms N] [--longest-back-off-ms N]
 *
 * `--config` is a kubelet configuration, a path of the host under the root, whose `staticPodPath` is the manifests
 * directory; `--pod-manifest-path` is the kubelet's other name of `--manifests-dir`. `--programs` is a JSON object:
 * the program table. It ends with everything that it runs: on SIGTERM after the pods' grace periods; on SIGINT and SIGHUP,
 * when its standard input is a pipe that is closed, and when its parent is gone, it kills them all; unless it was told
 * `stay` on its standard input: then nothing but a signal ends it.
 */
import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  hostPathToLocal,
  parseStaticPodPath,
  type ProgramTable,
  startStaticPodRunner,
} from './static-pods/index.ts';

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: '/' },
    config: { type: 'string' },
    'manifests-dir': { type: 'string' },
    'pod-manifest-path': { type: 'string' },
    programs: { type: 'string' },
    'state-dir': { type: 'string' },
    'rescan-ms': { type: 'string' },
    'max-grace-ms': { type: 'string' },
    'first-back-off-ms': { type: 'string' },
    'longest-back-off-ms': { type: 'string' },
  },
});

async function manifestsDir(): Promise<string | undefined> {
  const given = values['manifests-dir'] ?? values['pod-manifest-path'];
  if (given !== undefined || values.config === undefined) return given;
  const path = parseStaticPodPath(await readFile(hostPathToLocal(values.root, values.config), 'utf8'));
  if (path === undefined) throw new Error(`${values.config} has no staticPodPath`);
  return path;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** The given options without those that are undefined. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

const parent = process.ppid;
if (values.programs === undefined) throw new Error('--programs FILE is needed');
const runner = await startStaticPodRunner({
  root: values.root,
  programs: JSON.parse(await readFile(values.programs, 'utf8')) as ProgramTable,
  ...given({
    manifestsDir: await manifestsDir(),
    stateDir: values['state-dir'],
    rescanMs: numberOf(values['rescan-ms']),
    maxGraceMs: numberOf(values['max-grace-ms']),
    firstBackOffMs: numberOf(values['first-back-off-ms']),
    longestBackOffMs: numberOf(values['longest-back-off-ms']),
  }),
});

process.on('SIGTERM', () => void runner.stop().then(() => process.exit(0)));
for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => void runner.stop(0).then(() => process.exit(0)));
}
// Whoever started it is gone: there is nobody to wait for. What runs is killed on the way out.
let stays = false;
const abandoned = () => {
  if (!stays) process.exit(1);
};
const stdin = fstatSync(0);
if (stdin.isFIFO() || stdin.isSocket()) {
  process.stdin.on('data', (word: Buffer) => (stays ||= word.toString().startsWith('stay')));
  process.stdin.on('end', abandoned).on('close', abandoned).on('error', abandoned);
}
setInterval(() => {
  // What it said last may still have to be read.
  if (process.ppid !== parent) setImmediate(abandoned);
}, 500);
