import { tmpdir } from 'node:os';
import type { DrillOptions } from '../../../operations/drill/index.ts';
import { type CommandHost, type FlagSpecs, type FlagValues, usageError } from '../../command/index.ts';
import { findEtcd } from './find-etcd.ts';

/** What every command takes that brings a backup up. */
export const sandboxFlags = {
  etcd: { kind: 'string', valueName: 'path', summary: 'the etcd to start (the one on the PATH without it)' },
  embedded: { kind: 'boolean', summary: 'use the embedded server, also where there is an etcd on the PATH' },
  'kube-apiserver': {
    kind: 'string',
    valueName: 'path',
    summary: 'start this API server on it, too, and compare every object that it serves',
  },
  'encryption-config': {
    kind: 'string',
    valueName: 'file',
    summary: "the API server's EncryptionConfiguration, for objects that are encrypted",
  },
  'etcd-prefix': {
    kind: 'string',
    valueName: 'prefix',
    summary: "the API server's --etcd-prefix (found without it)",
  },
  html: { kind: 'string', valueName: 'file', summary: 'write the report as a self-contained page, too' },
  'work-dir': {
    kind: 'string',
    valueName: 'dir',
    summary: "where the sandbox is made (the system's directory for temporary files without it)",
  },
  keep: { kind: 'boolean', summary: 'leave the sandbox behind, with the logs' },
  'wait-timeout': { kind: 'duration', default: '2m', summary: 'limit for each wait' },
} as const satisfies FlagSpecs;

/** Errors: USAGE. */
export async function sandboxOptions(
  flags: FlagValues<typeof sandboxFlags>,
  { io }: CommandHost,
): Promise<Omit<DrillOptions, 'source' | 'expect'>> {
  if (flags.embedded && flags.etcd !== undefined)
    throw usageError('--etcd and --embedded contradict each other');
  const etcdProgram = flags.embedded ? undefined : (flags.etcd ?? (await findEtcd(io.env['PATH'])));
  return {
    workDir: flags['work-dir'] ?? tmpdir(),
    keep: flags.keep,
    waitTimeoutMs: flags['wait-timeout'],
    ...given('etcdProgram', etcdProgram),
    ...given('kubeApiserverProgram', flags['kube-apiserver']),
    ...given('encryptionConfigFile', flags['encryption-config']),
    ...given('prefix', flags['etcd-prefix']),
  };
}

export function given<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}
