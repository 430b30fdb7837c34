import { join } from 'node:path';
import { type DebianRecipe, installDebianPackages } from './debian-package.ts';
import { type GoRecipe, buildGoPrograms, goRecipeText } from './go-module.ts';
import { installOnce } from './install-once.ts';
import { runCommand } from '../support/run-command.ts';

/** The release lines of etcd that Holdfast promises to work with. */
export const peerLines = ['3.4', '3.5', '3.6', '3.7'] as const;
export type PeerLine = (typeof peerLines)[number];

/** The real programs of one release line. */
export interface Peer {
  readonly line: PeerLine;
  /** The whole version, for example `3.4.23`. */
  readonly version: string;
  readonly etcd: string;
  readonly etcdctl: string;
  /** Undefined for 3.4, whose etcdctl does what etcdutl does from 3.5 on. */
  readonly etcdutl: string | undefined;
  /** The bbolt tool that the release was built with; only where we build from source. */
  readonly bbolt: string | undefined;
}

type Recipe = DebianRecipe | GoRecipe;

const etcdPrograms: GoRecipe['programs'] = [
  ['etcd', 'go.etcd.io/etcd/server/v3'],
  ['etcdctl', 'go.etcd.io/etcd/etcdctl/v3'],
  ['etcdutl', 'go.etcd.io/etcd/etcdutl/v3'],
  ['bbolt', 'go.etcd.io/bbolt/cmd/bbolt'],
];

const recipes: Readonly<Record<PeerLine, Recipe>> = {
  '3.4': { kind: 'debian', suites: ['bookworm'], packages: ['etcd-server', 'etcd-client'] },
  '3.5': { kind: 'debian', suites: ['trixie', 'sid'], packages: ['etcd-server', 'etcd-client'] },
  '3.6': { kind: 'go', directory: join(import.meta.dirname, 'go', '3.6'), programs: etcdPrograms },
  '3.7': { kind: 'go', directory: join(import.meta.dirname, 'go', '3.7'), programs: etcdPrograms },
};

/** Where the programs are kept: `$HOLDFAST_PEERS_DIR`, or `.cache/peers` in the checkout. */
export function peersDirectory(): string {
  return process.env['HOLDFAST_PEERS_DIR'] ?? join(import.meta.dirname, '..', '..', '.cache', 'peers');
}

/**
 * The real programs of a release line, brought in if they are not here yet. Safe to call from several processes at
 * once: one does the work, the others wait for it. Rejects with the reason when they cannot be had.
 */
export function peer(line: PeerLine, options: { readonly retryFailed?: boolean } = {}): Promise<Peer> {
  if (options.retryFailed === true) return find(line, true);
  // A second caller in this process shares the first one's work; each test file is a process of its own.
  const known = found.get(line) ?? find(line, false);
  found.set(line, known);
  return known;
}

const found = new Map<PeerLine, Promise<Peer>>();

async function find(line: PeerLine, retryFailed: boolean): Promise<Peer> {
  const recipe = recipes[line];
  const directory = await installOnce({
    root: peersDirectory(),
    name: line,
    recipe: recipe.kind === 'go' ? await goRecipeText(recipe) : JSON.stringify(recipe),
    retryFailed,
    install: async (target) => {
      await (recipe.kind === 'go'
        ? buildGoPrograms(recipe, target)
        : installDebianPackages(recipe, target, (root) => isOfLine(root, line)));
      if (!(await isOfLine(target, line))) throw new Error(`what was brought in is not etcd ${line}`);
    },
  });
  const bin = join(directory, 'bin');
  return {
    line,
    version: await versionOf(directory),
    etcd: join(bin, 'etcd'),
    etcdctl: join(bin, 'etcdctl'),
    etcdutl: line === '3.4' ? undefined : join(bin, 'etcdutl'),
    bbolt: recipe.kind === 'go' ? join(bin, 'bbolt') : undefined,
  };
}

async function isOfLine(root: string, line: PeerLine): Promise<boolean> {
  return (await versionOf(root)).startsWith(`${line}.`);
}

async function versionOf(root: string): Promise<string> {
  const result = await runCommand(join(root, 'bin', 'etcd'), ['--version'], { timeoutMs: 60_000 });
  const version = /etcd Version: (\S+)/.exec(result.stdout)?.[1];
  if (version === undefined) {
    throw new Error(`etcd --version says ${JSON.stringify(result.stdout + result.stderr)}`);
  }
  return version;
}
