import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A kind that an API server serves. */
export interface ServedKind {
  /** `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural name. */
  readonly resource: string;
  readonly namespaced: boolean;
}

export interface DiscoveryServer extends AsyncDisposable {
  readonly url: string;
}

/** Answers what a client asks to learn which kinds there are, and has no object: enough for dry runs on the client. */
export async function startApiDiscovery(kinds: readonly ServedKind[]): Promise<DiscoveryServer> {
  const answers = discoveryAnswers(kinds);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = answers.get(path.replace(/\/$/, ''));
    response.statusCode = answer === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer ?? notFound));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const notFound = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };

function discoveryAnswers(kinds: readonly ServedKind[]): Map<string, unknown> {
  const answers = new Map<string, unknown>([['/api', { kind: 'APIVersions', versions: ['v1'] }]]);
  const groups = new Map<string, { groupVersion: string; version: string }[]>();
  for (const [groupVersion, ofVersion] of Map.groupBy(kinds, ({ apiVersion }) => apiVersion)) {
    const resources = ofVersion.map(({ kind, resource, namespaced }) => ({
      name: resource,
      kind,
      namespaced,
      singularName: '',
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    }));
    const root = groupVersion.includes('/') ? '/apis' : '/api';
    answers.set(`${root}/${groupVersion}`, {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion,
      resources,
    });
    const [group, version] = groupVersion.split('/');
    if (version === undefined) continue;
    groups.set(group!, [...(groups.get(group!) ?? []), { groupVersion, version }]);
  }
  const list = [...groups].map(([name, versions]) => ({ name, versions, preferredVersion: versions[0] }));
  return answers.set('/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: list });
}
