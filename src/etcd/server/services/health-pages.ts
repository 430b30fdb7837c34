import { formatAlarm } from '../../../formats/mvcc/index.ts';
import type { EtcdStore } from '../store/index.ts';
import type { HttpPage, HttpPages } from '../transport/index.ts';
import type { ServedVersion } from './served-version.ts';

/**
 * The pages of etcd's client port that probes ask for.
 *
 * Source: etcd server/etcdserver/api/etcdhttp/{version,health}.go (3.6.16), and what 3.5 and 3.6 answer.
 */
export function healthPages(store: EtcdStore, version: ServedVersion): HttpPages {
  const pages: Readonly<Record<string, (query: URLSearchParams) => HttpPage>> = {
    '/version': () => json(200, versionBody(version)),
    '/health': (query) => healthPage(store, query.getAll('exclude')),
    '/livez': () => text(200, 'ok\n'),
    '/readyz': () => text(200, 'ok\n'),
  };
  return (method, path, query) => {
    const page = pages[path];
    if (page === undefined) return text(404, '404 page not found\n');
    if (method === 'GET') return page(query);
    return { ...text(405, 'Method Not Allowed\n'), headers: { allow: 'GET' } };
  };
}

function versionBody({ server, cluster, storage }: ServedVersion): string {
  return JSON.stringify({
    etcdserver: server,
    etcdcluster: cluster,
    ...(storage === undefined ? {} : { storage }),
  });
}

/** @param excluded alarms that somebody knows of and does not want to hear about */
function healthPage(store: EtcdStore, excluded: readonly string[]): HttpPage {
  const alarm = store.alarms().find((raised) => !excluded.includes(formatAlarm(raised.alarm)));
  if (alarm === undefined) return json(200, '{"health":"true","reason":""}');
  return json(503, `{"health":"false","reason":"ALARM ${formatAlarm(alarm.alarm)}"}\n`);
}

function json(status: number, body: string): HttpPage {
  return { status, contentType: status === 200 ? 'application/json' : 'text/plain; charset=utf-8', body };
}

function text(status: number, body: string): HttpPage {
  return {
    status,
    contentType: 'text/plain; charset=utf-8',
    body,
    headers: { 'x-content-type-options': 'nosniff' },
  };
}
