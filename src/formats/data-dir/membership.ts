/**
 * The members of a cluster to be made, from the flags that `etcd` and `snapshot restore` take.
 *
 * Source: etcd server/config/config.go VerifyBootstrap, client/pkg/types/urlsmap.go, pkg/netutil/netutil.go,
 * server/etcdserver/api/membership/cluster.go (3.5.30).
 */
import { HoldfastError } from '../../base/index.ts';
import { clusterIdOf, compareIds, memberIdOf } from './member-id.ts';
import { hostNameOf, parseServerUrl, parseServerUrls, splitUrlHost } from './peer-url.ts';

export interface NewMember {
  readonly id: bigint;
  readonly name: string;
  /** Sorted. */
  readonly peerUrls: readonly string[];
}

export interface Membership {
  readonly clusterId: bigint;
  /** In ascending numeric order of id. */
  readonly members: readonly NewMember[];
  /** The member that the data dir is for; one of `members`. */
  readonly self: NewMember;
}

/** The flags as given. */
export interface MembershipOptions {
  /** `--name`. */
  readonly name: string;
  /** `--initial-cluster`: `name=url,name2=url,…`. */
  readonly initialCluster: string;
  /** `--initial-cluster-token`. */
  readonly clusterToken: string;
  /** `--initial-advertise-peer-urls`: comma list. */
  readonly advertisePeerUrls: string;
}

/**
 * Turns `host:port` into `address:port`; rejects when the name does not resolve. Called only when the advertised URLs
 * and those of `--initial-cluster` differ as text.
 */
export type ResolveHost = (hostPort: string) => Promise<string>;

/**
 * Validates the flags in etcd's order and derives the ids.
 * Throws USAGE for every rule that is broken; the message names the flags and what differs.
 */
export async function planMembership(options: MembershipOptions, resolve: ResolveHost): Promise<Membership> {
  const advertised = parseServerUrls(options.advertisePeerUrls.split(','), '--initial-advertise-peer-urls');
  const cluster = parseInitialCluster(options.initialCluster);
  const own = cluster.get(options.name);
  if (own === undefined) throw unknownName(options.name, [...cluster.keys()]);
  await checkAdvertised(options.name, own, advertised, resolve);
  checkDuplicateUrls(cluster);
  const members = [...cluster].map(([name, peerUrls]) => {
    return { id: memberIdOf(peerUrls, options.clusterToken), name, peerUrls };
  });
  members.sort((a, b) => compareIds(a.id, b.id));
  checkDuplicateIds(members);
  return {
    clusterId: clusterIdOf(members.map(({ id }) => id)),
    members,
    self: members.find(({ name }) => name === options.name)!,
  };
}

/**
 * Parses `--initial-cluster`: split on commas, each part on its first `=`; empty parts are passed over, and a name may
 * repeat with several URLs. URLs come sorted. Throws USAGE.
 */
export function parseInitialCluster(text: string): Map<string, readonly string[]> {
  const cluster = new Map<string, string[]>();
  for (const part of text.split(',')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const url = parseServerUrl(at < 0 ? '' : part.slice(at + 1), '--initial-cluster');
    cluster.set(name, [...(cluster.get(name) ?? []), url].sort());
  }
  return cluster;
}

/** `name=url,…`, sorted, as etcd prints a cluster. */
function formatCluster(cluster: ReadonlyMap<string, readonly string[]>): string {
  return [...cluster]
    .flatMap(([name, urls]) => urls.map((url) => `${name}=${url}`))
    .sort()
    .join(',');
}

async function checkAdvertised(
  name: string,
  own: readonly string[],
  advertised: readonly string[],
  resolve: ResolveHost,
): Promise<void> {
  if (sameTexts(own, advertised)) return;
  let resolution = '';
  if (own.length === advertised.length) {
    try {
      if (sameTexts(await resolveAll(own, resolve), await resolveAll(advertised, resolve))) return;
    } catch (error) {
      if (error instanceof HoldfastError && error.code === 'INTERRUPTED') throw error;
      resolution = ` (names do not resolve: ${error instanceof Error ? error.message : String(error)})`;
    }
  }
  const missing = own.filter((url) => !advertised.includes(url));
  const message =
    missing.length > 0
      ? `--initial-cluster has ${missing.map((url) => `${name}=${url}`).join(',')} ` +
        `but missing from --initial-advertise-peer-urls=${advertised.join(',')}`
      : `--initial-advertise-peer-urls has ${advertised.filter((url) => !own.includes(url)).join(',') || advertised.join(',')} ` +
        `but missing from --initial-cluster=${formatCluster(new Map([[name, own]]))}`;
  throw new HoldfastError('USAGE', `${message}${resolution}`, {
    hint: `Give --initial-advertise-peer-urls exactly the URLs that --initial-cluster lists for ${name}.`,
    details: { name, initialCluster: own, advertised },
  });
}

/** Every URL with its host resolved, sorted; unix sockets, `localhost` and addresses stay as they are. */
async function resolveAll(urls: readonly string[], resolve: ResolveHost): Promise<string[]> {
  const resolved: string[] = [];
  for (const url of urls) {
    const { prefix, host, suffix } = splitUrlHost(url);
    resolved.push(isResolved(url, host) ? url : `${prefix}${await resolve(host)}${suffix}`);
  }
  return resolved.sort();
}

function isResolved(url: string, hostPort: string): boolean {
  const name = hostNameOf(hostPort);
  return url.startsWith('unix') || name === 'localhost' || name.includes(':') || /^[\d.]+$/.test(name);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function unknownName(name: string, names: readonly string[]): HoldfastError {
  return new HoldfastError(
    'USAGE',
    `couldn't find local name "${name}" in the initial cluster configuration`,
    {
      hint:
        names.length === 0
          ? 'Pass --initial-cluster NAME=URL,… with this member in it.'
          : `Pass --name as one of: ${[...names].sort().join(', ')}; or add the name to --initial-cluster.`,
      details: { name, names },
    },
  );
}

function checkDuplicateUrls(cluster: ReadonlyMap<string, readonly string[]>): void {
  const seen = new Set<string>();
  for (const url of [...cluster.values()].flat()) {
    if (seen.has(url)) {
      throw new HoldfastError('USAGE', `initial cluster ${formatCluster(cluster)} has duplicate url`, {
        hint: `Give every member its own peer URL; ${url} is there more than once.`,
        details: { url },
      });
    }
    seen.add(url);
  }
}

function checkDuplicateIds(members: readonly NewMember[]): void {
  members.forEach((member, i) => {
    if (members[i + 1]?.id !== member.id) return;
    const names = [member.name, members[i + 1]!.name];
    throw new HoldfastError(
      'USAGE',
      `members ${names.join(' and ')} get the same id ${member.id.toString(16)}`,
      {
        hint: 'Give every member its own peer URL.',
        details: { names },
      },
    );
  });
}
