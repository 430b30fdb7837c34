import type { GoJson } from '../go-json.ts';
import { field, quotedField } from './etcd-fields.ts';
import type { View } from '../view.ts';

/** What a host told of itself, or why it told nothing. */
export interface DiscoveredHost {
  readonly host: string;
  /** The document that `discover -w json` prints there. */
  readonly discovery?: GoJson;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

const titles = ['host', 'layout', 'member', 'version', 'healthy', 'data dir', 'endpoints'];

/** One line a host; JSON has everything. */
export function hostsDiscoveryView(hosts: readonly DiscoveredHost[]): View {
  const rows = hosts.map(rowOf);
  return {
    simple(output) {
      const widths = titles.map((title, column) =>
        Math.max(
          title.length,
          ...rows.map((row) => (row.length === titles.length ? row[column]!.length : 0)),
        ),
      );
      for (const row of [titles, ...rows])
        output.line(
          row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd(),
        );
    },
    json: () =>
      hosts.map(({ host, discovery, error }) => ({
        host,
        ...(discovery === undefined ? {} : { discovery }),
        ...(error === undefined ? {} : { error: { ...error } }),
      })),
    table: () => ({ align: 'left', header: titles, rows }),
    fields(output) {
      for (const row of rows) {
        for (const [column, cell] of row.entries()) quotedField(output, titles[column]!, cell);
        field(output, 'complete', row.length === titles.length);
      }
    },
  };
}

/** A host that told nothing has its reason instead. */
function rowOf({ host, discovery, error }: DiscoveredHost): readonly string[] {
  if (error !== undefined) return [host, error.message];
  const at = (...path: string[]) => textOf(valueAt(discovery, path));
  return [
    host,
    at('layout'),
    at('etcd', 'name'),
    at('live', 'version') || at('etcd', 'version'),
    { true: 'yes', false: 'no', '': '' }[at('live', 'healthy')] ?? '',
    at('etcd', 'dataDir'),
    at('etcd', 'endpoints'),
  ];
}

function valueAt(document: GoJson | undefined, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    document,
  );
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
}
