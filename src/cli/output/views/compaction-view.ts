import type { CompactionResponse } from '../../../etcd/index.ts';
import type { View } from '../view.ts';
import { type FieldOptions, headerLines } from './etcd-fields.ts';
import { headerJson } from './etcd-json.ts';

/** etcdctl prints the sentence in every format; ours gives the reply where a document is asked for. */
export function compactionView(revision: bigint, response: CompactionResponse, options: FieldOptions): View {
  return {
    simple: (output) => output.line(`compacted revision ${revision.toString()}`),
    json: () => ({ header: headerJson(response.header) }),
    fields: (output) => headerLines(output, response.header, options),
    table: () => ({ header: ['compacted revision'], rows: [[revision.toString()]] }),
  };
}
