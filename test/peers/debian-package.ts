import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../support/run-command.ts';
import {
  type AptSource,
  distributionSources,
  formatSource,
  parseDeb822Sources,
  parseOneLineSources,
} from './apt-sources.ts';

/** Programs unpacked from packages of a Debian release that need not be this machine's. */
export interface DebianRecipe {
  readonly kind: 'debian';
  /** Tried in this order until one holds what `accept` wants. */
  readonly suites: readonly string[];
  readonly packages: readonly string[];
  /** Directories of the packages that are wanted, by the name that each gets in the target; `bin` by default. */
  readonly directories?: Readonly<Record<string, string>>;
}

/**
 * Fetches the packages through an apt configuration of their own and unpacks their programs into `target/bin`.
 * Nothing is installed: apt's lists, cache and state live under `target`, and apt still verifies the signatures.
 * No dependency is fetched but what the recipe names: etcd's programs need libc and nothing else.
 */
export async function installDebianPackages(
  recipe: DebianRecipe,
  target: string,
  accept: (target: string) => Promise<boolean>,
): Promise<void> {
  const sources = await machineSources();
  if (sources.length === 0) throw new Error('this machine has no apt source of a Debian release to ask');
  const refusals: string[] = [];
  for (const suite of recipe.suites) {
    for (const source of sources) {
      try {
        await unpackFrom(source, suite, recipe, target);
        if (await accept(target)) return;
        refusals.push(`${suite} holds another version`);
      } catch (error) {
        refusals.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  throw new Error(refusals.join('; '));
}

async function unpackFrom(
  source: AptSource,
  suite: string,
  { packages, directories = { bin: 'usr/bin' } }: DebianRecipe,
  target: string,
): Promise<void> {
  const apt = join(target, 'apt');
  const unpacked = join(target, 'unpacked');
  const wanted = Object.entries(directories).map(
    ([name, path]) => [join(unpacked, path), join(target, name)] as const,
  );
  await Promise.all(
    [apt, unpacked, ...wanted.map(([, to]) => to)].map((path) => rm(path, { recursive: true, force: true })),
  );
  await Promise.all(
    ['state/lists/partial', 'cache/archives/partial', 'download'].map((path) =>
      mkdir(join(apt, path), { recursive: true }),
    ),
  );
  await writeFile(join(apt, 'release.sources'), formatSource(source, suite));
  await writeFile(join(apt, 'apt.conf'), await privateConfiguration(apt), { mode: 0o600 });

  const download = join(apt, 'download');
  const options = { cwd: download, env: { APT_CONFIG: join(apt, 'apt.conf') }, timeoutMs: 5 * 60_000 };
  await mustRun('apt-get', ['--quiet', 'update', '--error-on=any'], options);
  await mustRun('apt-get', ['--quiet', 'download', ...packages], options);
  for (const file of await readdir(download)) {
    await mustRun('dpkg', ['-x', join(download, file), unpacked], { timeoutMs: 60_000 });
  }
  for (const [from, to] of wanted) await rename(from, to);
  await Promise.all([apt, unpacked].map((path) => rm(path, { recursive: true, force: true })));
}

/** How this machine reaches its packages (proxies, time-outs) carries over; its hooks, pins and lists do not. */
async function privateConfiguration(apt: string): Promise<string> {
  const dump = await mustRun('apt-config', ['dump'], { timeoutMs: 60_000 });
  const transport = dump.stdout
    .split('\n')
    .filter((line) => /^Acquire::(?!IndexTargets|Languages|GzipIndexes)/.test(line));
  const settings = {
    'Dir::State': join(apt, 'state'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Etc::sourcelist': join(apt, 'release.sources'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Languages': 'none',
    // apt's own sandbox user cannot enter a private directory, and would only warn about it.
    'APT::Sandbox::User': '',
  };
  const own = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)};`);
  return `${[...transport, ...own].join('\n')}\n`;
}

/** The release that this machine runs, `bookworm` for example. */
export async function machineCodename(): Promise<string | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME=(\S+)/m.exec(release)?.[1];
}

async function machineSources(): Promise<AptSource[]> {
  const files = [join('/etc/apt', 'sources.list'), ...(await sourceParts('/etc/apt/sources.list.d'))];
  const parsed = await Promise.all(
    files.map(async (path) => {
      const text = await readFile(path, 'utf8').catch(() => '');
      return path.endsWith('.sources') ? parseDeb822Sources(text) : parseOneLineSources(text);
    }),
  );
  return distributionSources(parsed.flat(), await machineCodename());
}

async function sourceParts(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.endsWith('.list') || name.endsWith('.sources'))
    .sort()
    .map((name) => join(directory, name));
}
