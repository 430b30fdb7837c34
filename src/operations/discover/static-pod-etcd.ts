import { basename } from 'node:path/posix';
import type { HostProcess, LocalHost } from '../../hosts/index.ts';
import { containerPathToHost, parseFlags, type Setting } from '../../kubernetes/index.ts';
import type { Evidence } from './discovery.ts';
import type { EtcdProgram } from './etcd-program.ts';
import type { FactRecord } from './fact-record.ts';
import type { ReadManifest } from './static-pods.ts';
import { startsProgram } from './systemd/index.ts';

/** The etcd of a manifest, with the process that runs it, if one does. */
export async function etcdOfManifest(
  host: LocalHost,
  manifest: ReadManifest,
  processes: readonly HostProcess[],
  facts: FactRecord,
): Promise<EtcdProgram> {
  const { file, pod, program } = manifest;
  const { container, argv } = program!;
  const toHost = (path: string) => containerPathToHost(pod!, container, path);
  facts.note('etcd.manifest', {
    source: 'file',
    where: `container "${container.name}" runs etcd`,
    file,
    line: container.line,
    reliability: 'sure',
  });
  const words = argv.map(({ value }) => value);
  const etcds = processes.filter((candidate) => startsProgram(candidate.argv, 'etcd'));
  const pid = matchingPid(etcds, await tellingValues(host, words, toHost), file, facts);
  if (pid !== undefined)
    facts.note('etcd.pid', { source: 'process', where: 'it runs with these flags', reliability: 'sure' });
  return {
    runsAs: 'static-pod',
    argv,
    env: container.env,
    toHost,
    evidenceOf: (setting) => manifestEvidence(setting, file),
    known: {
      manifest: file,
      container: container.name,
      ...(container.image === '' ? {} : { image: container.image }),
      ...(pid === undefined ? {} : { pid }),
    },
  };
}

function manifestEvidence({ source, writtenAs, line }: Setting, file: string): Evidence {
  return {
    source: source === 'environment' ? 'environment' : 'file',
    where: `${writtenAs} in ${basename(file)}`,
    file,
    ...(line === undefined ? {} : { line }),
    reliability: 'sure',
  };
}

/** What tells one etcd from another on the same host. */
const tellingFlags = ['name', 'data-dir', 'config-file'] as const;

/**
 * What the process of a manifest may show for each of these flags. A runtime that maps paths in the arguments itself
 * shows where the file is.
 */
async function tellingValues(
  host: LocalHost,
  argv: readonly string[],
  toHost: (path: string) => string | undefined,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const values = new Map<string, readonly string[]>();
  const flags = parseFlags(argv);
  for (const name of tellingFlags) {
    const value = flags.get(name)?.value;
    if (value === undefined) continue;
    const onHost = value.startsWith('/') ? toHost(value) : undefined;
    values.set(name, onHost === undefined ? [value] : [value, onHost, await host.realPath(onHost)]);
  }
  return values;
}

/** The only etcd whose flags are not other ones. */
function matchingPid(
  etcds: readonly HostProcess[],
  wanted: ReadonlyMap<string, readonly string[]>,
  file: string,
  facts: FactRecord,
): number | undefined {
  const matching = etcds.filter(({ argv }) => {
    const flags = parseFlags(argv);
    return Array.from(wanted).every(([name, values]) => {
      const shown = flags.get(name)?.value;
      return shown === undefined || values.includes(shown);
    });
  });
  if (matching.length === 1) return matching[0]!.pid;
  if (matching.length === 0 && etcds.length === 1)
    facts.find(
      'warn',
      'process-differs',
      `etcd (pid ${etcds[0]!.pid}) runs with another name or data dir than ${file} says`,
      { pid: etcds[0]!.pid, path: file },
    );
  return undefined;
}
