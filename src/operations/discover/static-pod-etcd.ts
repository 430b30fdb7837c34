import { basename } from 'node:path/posix';
import type { HostProcess } from '../../hosts/index.ts';
import { containerPathToHost, parseFlags, type Setting } from '../../kubernetes/index.ts';
import type { Evidence } from './discovery.ts';
import type { EtcdProgram } from './etcd-program.ts';
import type { FactRecord } from './fact-record.ts';
import type { ReadManifest } from './static-pods.ts';
import { startsProgram } from './systemd/index.ts';

/** The etcd of a manifest, with the process that runs it, if one does. */
export function etcdOfManifest(
  manifest: ReadManifest,
  processes: readonly HostProcess[],
  facts: FactRecord,
): EtcdProgram {
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
  const pid = runningPid(words, toHost, processes, file, facts);
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
 * The process of a manifest: an etcd whose flags are not other ones. A runtime that maps paths in the arguments itself
 * shows host paths there.
 */
function runningPid(
  argv: readonly string[],
  toHost: (path: string) => string | undefined,
  processes: readonly HostProcess[],
  file: string,
  facts: FactRecord,
): number | undefined {
  const wanted = parseFlags(argv);
  const running = processes.filter((candidate) => startsProgram(candidate.argv, 'etcd'));
  const matching = running.filter((candidate) => {
    const flags = parseFlags(candidate.argv);
    return tellingFlags.every((name) => {
      const [here, there] = [wanted.get(name)?.value, flags.get(name)?.value];
      return here === undefined || there === undefined || here === there || toHost(here) === there;
    });
  });
  if (matching.length === 1) return matching[0]!.pid;
  if (matching.length === 0 && running.length === 1)
    facts.find(
      'warn',
      'process-differs',
      `etcd (pid ${running[0]!.pid}) runs with another name or data dir than ${file} says`,
      { pid: running[0]!.pid, path: file },
    );
  return undefined;
}
