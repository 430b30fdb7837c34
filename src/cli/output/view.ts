import type { GoJson } from './go-json.ts';

export type WriteOut = 'simple' | 'json' | 'table' | 'fields' | 'env' | 'command';

export const writeOuts: readonly WriteOut[] = ['simple', 'json', 'table', 'fields', 'env', 'command'];

/** What a command prints that does not say otherwise: etcdctl's formats. */
export const usualWriteOuts: readonly WriteOut[] = ['simple', 'json', 'table', 'fields'];

/** A table as text: one header, rows of cells. */
export interface TextTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Where cells stand: to the right, as in etcd's own tables, unless a report of ours has sentences in them. */
  readonly align?: 'left' | 'right';
}

/** What a view writes to. Bytes go out as they are: keys and values need not be text. */
export interface Output {
  /** A whole line; the line feed is added. */
  line(text: string): void;
  bytes(bytes: Uint8Array): void;
}

/**
 * One result in the four formats. A view is made of values only; the printers below turn it into output.
 * A format that etcdctl does not have for a command may be missing: the command says so in `formats`.
 */
export interface View {
  simple(output: Output): void;
  /** One JSON document, in etcd's own shape where etcd has one. */
  json(): GoJson;
  table?(): TextTable;
  fields?(output: Output): void;
  /** Lines for a shell to evaluate. */
  env?(output: Output): void;
  /** A command line. */
  command?(output: Output): void;
}
