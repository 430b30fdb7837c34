import { HoldfastError } from '../../base/index.ts';
import { formatGoJson } from './go-json.ts';
import { printTable } from './table.ts';
import type { Output, View, WriteOut } from './view.ts';

type Printer = (view: View, output: Output) => void;

/** One strategy for each format. */
const printers: Readonly<Record<WriteOut, Printer>> = {
  simple: (view, output) => view.simple(output),
  json: (view, output) => output.line(formatGoJson(view.json())),
  table(view, output) {
    if (view.table === undefined) throw unsupportedFormat('table');
    printTable(view.table(), output);
  },
  fields(view, output) {
    if (view.fields === undefined) throw unsupportedFormat('fields');
    view.fields(output);
  },
  env(view, output) {
    if (view.env === undefined) throw unsupportedFormat('env');
    view.env(output);
  },
  command(view, output) {
    if (view.command === undefined) throw unsupportedFormat('command');
    view.command(output);
  },
};

/** Prints a result. Errors: USAGE when the view does not have the format. */
export function printView(view: View, format: WriteOut, output: Output): void {
  printers[format](view, output);
}

/** The refusal that etcdctl words so; ours comes before anything is done. */
export function unsupportedFormat(format: WriteOut, others: readonly WriteOut[] = []): HoldfastError {
  const hint = others.length === 0 ? {} : { hint: `This command prints ${others.join(', ')}.` };
  return new HoldfastError('USAGE', `${format} not supported as output format`, hint);
}
