/** Pieces of the `fields` format that several results share. Source of the fact: etcdctl 3.6.16 and 3.7.3. */
import type { KeyValue, ResponseHeader } from '../../../etcd/index.ts';
import { formatGoQuoted } from '../go-quote.ts';
import type { Output } from '../view.ts';

export interface FieldOptions {
  /** Ids in hex, as `--hex` asks. */
  readonly hex: boolean;
}

/** `"Name" : value` */
export function field(output: Output, name: string, value: bigint | number | boolean | string): void {
  output.line(`"${name}" : ${value.toString()}`);
}

/** `"Name" : "value"`, quoted as Go quotes. */
export function quotedField(output: Output, name: string, value: string | Uint8Array): void {
  output.line(`"${name}" : ${formatGoQuoted(value)}`);
}

/** A header; a revision of 0 is left out, as etcdctl does since 3.6. */
export function headerLines(output: Output, header: ResponseHeader | undefined, { hex }: FieldOptions): void {
  const id = (value: bigint) => (hex ? value.toString(16) : value.toString());
  field(output, 'ClusterID', id(header?.clusterId ?? 0n));
  field(output, 'MemberID', id(header?.memberId ?? 0n));
  if (header !== undefined && header.revision > 0n) field(output, 'Revision', header.revision);
  field(output, 'RaftTerm', header?.raftTerm ?? 0n);
}

/** A key with its value; `prefix` is `Prev` for what was there before. */
export function keyValueLines(
  output: Output,
  kv: KeyValue,
  prefix: '' | 'Prev',
  { hex }: FieldOptions,
): void {
  quotedField(output, `${prefix}Key`, kv.key);
  field(output, `${prefix}CreateRevision`, kv.createRevision);
  field(output, `${prefix}ModRevision`, kv.modRevision);
  field(output, `${prefix}Version`, kv.version);
  quotedField(output, `${prefix}Value`, kv.value);
  field(output, `${prefix}Lease`, hex ? formatLeaseId(kv.lease) : kv.lease);
}

/** A lease id in 16 hex digits. */
export function formatLeaseId(id: bigint): string {
  return id < 0n ? `-${(-id).toString(16).padStart(15, '0')}` : id.toString(16).padStart(16, '0');
}
