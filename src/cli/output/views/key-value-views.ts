/** Results of get, put, del and txn. */
import { displayText } from '../../../base/index.ts';
import type {
  DeleteRangeResponse,
  KeyValue,
  PutResponse,
  RangeResponse,
  TxnResponse,
} from '../../../etcd/index.ts';
import { type GoJson, unlessEmpty, unlessZero } from '../go-json.ts';
import type { Output, TextTable, View } from '../view.ts';
import { field, type FieldOptions, formatLeaseId, headerLines, keyValueLines } from './etcd-fields.ts';
import { headerJson, keyValueJson, keyValuesJson } from './etcd-json.ts';

export interface KeyValueOptions extends FieldOptions {
  /** Values without their keys, for `--print-value-only`. */
  readonly valueOnly?: boolean;
}

const lineFeed = new Uint8Array([0x0a]);

/** A key and its value as they are, a line feed after each. */
export function printKeyValue(output: Output, kv: KeyValue, options: KeyValueOptions): void {
  const parts = options.valueOnly === true ? [kv.value] : [kv.key, kv.value];
  for (const part of parts) {
    if (options.hex) output.line(escapeAllBytes(part));
    else {
      output.bytes(part);
      output.bytes(lineFeed);
    }
  }
}

/** Every byte as `\x61`. */
function escapeAllBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

export function getView(response: RangeResponse, options: KeyValueOptions): View {
  return {
    simple(output) {
      for (const kv of response.kvs) printKeyValue(output, kv, options);
    },
    json: () => rangeJson(response),
    fields(output) {
      headerLines(output, response.header, options);
      for (const kv of response.kvs) keyValueLines(output, kv, '', options);
      field(output, 'More', response.more);
      field(output, 'Count', response.count);
    },
    table: () => keyValueTable(response.kvs, options),
  };
}

function keyValueTable(kvs: readonly KeyValue[], { hex }: KeyValueOptions): TextTable {
  const text = (bytes: Uint8Array) => (hex ? escapeAllBytes(bytes) : oneLine(bytes));
  return {
    header: ['key', 'value', 'create revision', 'mod revision', 'version', 'lease'],
    rows: kvs.map((kv) => [
      text(kv.key),
      text(kv.value),
      kv.createRevision.toString(),
      kv.modRevision.toString(),
      kv.version.toString(),
      kv.lease === 0n ? '' : formatLeaseId(kv.lease),
    ]),
  };
}

/** Text for a cell: what would break the table becomes a dot. */
function oneLine(bytes: Uint8Array): string {
  return displayText(bytes).replace(/\p{C}/gu, '·');
}

export function putView(response: PutResponse, options: KeyValueOptions): View {
  return {
    simple(output) {
      output.line('OK');
      if (response.prevKv !== undefined) printKeyValue(output, response.prevKv, options);
    },
    json: () => putJson(response),
    fields(output) {
      headerLines(output, response.header, options);
      if (response.prevKv !== undefined) keyValueLines(output, response.prevKv, 'Prev', options);
    },
  };
}

export function deleteView(response: DeleteRangeResponse, options: KeyValueOptions): View {
  return {
    simple(output) {
      output.line(response.deleted.toString());
      for (const kv of response.prevKvs) printKeyValue(output, kv, options);
    },
    json: () => deleteJson(response),
    fields(output) {
      headerLines(output, response.header, options);
      field(output, 'Deleted', response.deleted);
      for (const kv of response.prevKvs) keyValueLines(output, kv, 'Prev', options);
    },
  };
}

export function txnView(response: TxnResponse, options: KeyValueOptions): View {
  return {
    simple(output) {
      output.line(response.succeeded ? 'SUCCESS' : 'FAILURE');
      for (const view of responseViews(response, options)) {
        output.line('');
        view.simple(output);
      }
    },
    json: () => txnJson(response),
    fields(output) {
      headerLines(output, response.header, options);
      field(output, 'Succeeded', response.succeeded);
      for (const view of responseViews(response, options)) view.fields?.(output);
    },
  };
}

function responseViews(response: TxnResponse, options: KeyValueOptions): View[] {
  return response.responses.flatMap(({ response: part }) => {
    switch (part.case) {
      case 'responseRange':
        return getView(part.value, options);
      case 'responsePut':
        return putView(part.value, options);
      case 'responseDeleteRange':
        return deleteView(part.value, options);
      case 'responseTxn':
        return txnView(part.value, options);
      case undefined:
        return [];
    }
  });
}

function rangeJson(response: RangeResponse): GoJson {
  return {
    header: headerJson(response.header),
    kvs: keyValuesJson(response.kvs),
    more: unlessZero(response.more),
    count: unlessZero(response.count),
  };
}

function putJson(response: PutResponse): GoJson {
  return {
    header: headerJson(response.header),
    prev_kv: response.prevKv && keyValueJson(response.prevKv),
  };
}

function deleteJson(response: DeleteRangeResponse): GoJson {
  return {
    header: headerJson(response.header),
    deleted: unlessZero(response.deleted),
    prev_kvs: keyValuesJson(response.prevKvs),
  };
}

function txnJson(response: TxnResponse): GoJson {
  return {
    header: headerJson(response.header),
    succeeded: unlessZero(response.succeeded),
    responses: unlessEmpty(response.responses)?.map(({ response: part }) => ({
      Response: responseJson(part),
    })),
  };
}

function responseJson(part: TxnResponse['responses'][number]['response']): GoJson {
  switch (part.case) {
    case 'responseRange':
      return { response_range: rangeJson(part.value) };
    case 'responsePut':
      return { response_put: putJson(part.value) };
    case 'responseDeleteRange':
      return { response_delete_range: deleteJson(part.value) };
    case 'responseTxn':
      return { response_txn: txnJson(part.value) };
    case undefined:
      return {};
  }
}
