import type { Argument, FlagValue } from './flag-value.ts';
import { parseFlags } from './parse-flags.ts';

/** What the command line of a kube-apiserver says about its etcd and itself. Paths are those inside its container. */
export interface ApiServerFlags {
  readonly etcdServers: readonly string[];
  readonly etcdCaFile?: FlagValue;
  readonly etcdCertFile?: FlagValue;
  readonly etcdKeyFile?: FlagValue;
  /** `/registry` unless set. */
  readonly etcdPrefix: string;
  readonly encryptionProviderConfig?: FlagValue;
  /** 6443 unless set. */
  readonly securePort: number;
  readonly bindAddress?: FlagValue;
  readonly advertiseAddress?: FlagValue;
  readonly clientCaFile?: FlagValue;
  readonly tlsCertFile?: FlagValue;
  readonly tlsPrivateKeyFile?: FlagValue;
}

/** Source of names and defaults: Kubernetes 1.36, reference of kube-apiserver. */
export function readApiServerFlags(argv: readonly (string | Argument)[]): ApiServerFlags {
  const flags = parseFlags(argv);
  const optional = <Key extends string>(key: Key, ...names: readonly string[]) => {
    const found = names.map((name) => flags.get(name)).find((flag) => flag !== undefined);
    return (found === undefined ? {} : { [key]: found }) as Partial<Record<Key, FlagValue>>;
  };
  const servers = flags.get('etcd-servers')?.all ?? [];
  return {
    etcdServers: servers
      .flatMap((list) => list.split(','))
      .map((url) => url.trim())
      .filter((url) => url !== ''),
    ...optional('etcdCaFile', 'etcd-cafile'),
    ...optional('etcdCertFile', 'etcd-certfile'),
    ...optional('etcdKeyFile', 'etcd-keyfile'),
    etcdPrefix: flags.get('etcd-prefix')?.value ?? '/registry',
    ...optional(
      'encryptionProviderConfig',
      'encryption-provider-config',
      'experimental-encryption-provider-config',
    ),
    securePort: portOf(flags.get('secure-port')?.value) ?? 6443,
    ...optional('bindAddress', 'bind-address'),
    ...optional('advertiseAddress', 'advertise-address'),
    ...optional('clientCaFile', 'client-ca-file'),
    ...optional('tlsCertFile', 'tls-cert-file'),
    ...optional('tlsPrivateKeyFile', 'tls-private-key-file'),
  };
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return text !== undefined && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}
