/** etcd as a service, or as a process that somebody started. */
import { basename } from 'node:path/posix';
import { HoldfastError } from '../../base/index.ts';
import type { HostProcess, LocalHost } from '../../hosts/index.ts';
import { findContainer, type Setting, type StaticPodContainer } from '../../kubernetes/index.ts';
import type { Evidence } from './discovery.ts';
import type { EtcdProgram } from './etcd-program.ts';
import { isContained } from './contained.ts';
import type { FactRecord } from './fact-record.ts';
import { listServices, readService, type ServiceCommand, startsProgram } from './systemd/index.ts';

/** A service whose command runs etcd, with etcd's own words of it. */
interface EtcdService {
  readonly service: ServiceCommand;
  readonly argv: readonly string[];
}

/** Errors: ETCD_AMBIGUOUS when several services run etcd and none is told by what runs. */
export async function findServiceEtcd(
  host: LocalHost,
  processes: readonly HostProcess[],
  facts: FactRecord,
): Promise<EtcdProgram | undefined> {
  const services = await etcdServices(host);
  if (services.length === 0) {
    facts.notThere('no systemd service runs it');
    return undefined;
  }
  const { service, argv } = chooseService(services);
  facts.note('etcd.unit', {
    source: 'file',
    where: `ExecStart of ${service.name}`,
    file: service.execFile,
    line: service.execLine,
    reliability: 'sure',
  });
  const pid = onlyEtcd(processes)?.pid;
  if (pid !== undefined)
    facts.note('etcd.pid', { source: 'process', where: 'the only etcd that runs', reliability: 'likely' });
  return {
    runsAs: 'systemd',
    argv,
    env: Object.fromEntries(Array.from(service.environment, ([name, variable]) => [name, variable])),
    toHost: (path) => path,
    evidenceOf: (setting) => serviceEvidence(setting, service),
    ...(service.workingDirectory === undefined ? {} : { workingDirectory: service.workingDirectory }),
    known: { unit: service.unitFile, ...(pid === undefined ? {} : { pid }) },
  };
}

/** Units with etcd in their name first: there are hundreds of others. */
async function etcdServices(host: LocalHost): Promise<EtcdService[]> {
  const names = await listServices(host);
  const likely = names.filter((name) => name.includes('etcd'));
  const others = names.filter((name) => !name.includes('etcd'));
  for (const group of [likely, others]) {
    const found: EtcdService[] = [];
    for (const name of group) {
      const service = await readService(host, name);
      const argv = service === undefined ? undefined : etcdWords(service.argv);
      if (service !== undefined && argv !== undefined) found.push({ service, argv });
    }
    if (found.length > 0) return found;
  }
  return [];
}

/** The words of etcd in a command that may go through a shell. */
function etcdWords(argv: readonly string[]): readonly string[] | undefined {
  const container: StaticPodContainer = {
    name: 'service',
    image: '',
    line: 1,
    argv: argv.map((value) => ({ value, line: 1 })),
    hasCommand: true,
    env: {},
    volumeMounts: [],
  };
  const pod = { path: '', name: '', namespace: '', hostNetwork: true, containers: [container], volumes: [] };
  return findContainer(pod, 'etcd')?.argv.map(({ value }) => value);
}

function chooseService(services: readonly EtcdService[]): EtcdService {
  const plain = services.find(({ service }) => service.name === 'etcd.service');
  const chosen = services.length === 1 ? services[0] : plain;
  if (chosen !== undefined) return chosen;
  const files = services.map(({ service }) => service.unitFile);
  throw new HoldfastError('ETCD_AMBIGUOUS', `${files.length} services run etcd: ${files.join(', ')}`, {
    hint: 'Name the one that is meant with --endpoints, --cacert, --cert and --key.',
    details: { units: files },
  });
}

function serviceEvidence({ source, writtenAs }: Setting, service: ServiceCommand): Evidence {
  const variable = source === 'environment' ? service.environment.get(writtenAs) : undefined;
  if (variable !== undefined)
    return {
      source: 'environment',
      where: `${writtenAs} in ${basename(variable.file)}`,
      file: variable.file,
      line: variable.line,
      reliability: 'sure',
    };
  return {
    source: 'file',
    where: `${writtenAs} in ExecStart of ${service.name}`,
    file: service.execFile,
    line: service.execLine,
    reliability: 'sure',
  };
}

/** The etcd that runs here when no file tells of it. One in a container of its own has paths that are not the host's. */
export async function findProcessEtcd(
  host: LocalHost,
  processes: readonly HostProcess[],
  facts: FactRecord,
): Promise<EtcdProgram | undefined> {
  const running: HostProcess[] = [];
  for (const member of processes)
    if (startsProgram(member.argv, 'etcd') && !(await isContained(host, member.pid))) running.push(member);
  const [member] = running;
  if (member === undefined || running.length > 1) {
    facts.notThere(
      member === undefined
        ? 'no process is etcd'
        : `${running.length} processes are etcd, with no file to tell which`,
    );
    return undefined;
  }
  const { pid, argv } = member;
  facts.note('etcd.pid', { source: 'process', where: argv[0]!, reliability: 'sure' });
  const environment = (await member.environment()) ?? {};
  return {
    runsAs: 'process',
    argv,
    env: environment,
    toHost: (path) => path,
    evidenceOf: ({ source, writtenAs }) => ({
      source: source === 'environment' ? 'environment' : 'process',
      where:
        source === 'environment' ? `${writtenAs} of etcd (pid ${pid})` : `etcd (pid ${pid}) ${writtenAs}`,
      reliability: 'sure',
    }),
    known: { pid },
  };
}

function onlyEtcd(processes: readonly HostProcess[]): HostProcess | undefined {
  const running = processes.filter(({ argv }) => startsProgram(argv, 'etcd'));
  return running.length === 1 ? running[0] : undefined;
}
