import type {
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeResponse,
  LeaseTimeToLiveResponse,
} from '../../../etcd/index.ts';
import { displayText } from '../../../base/index.ts';
import type { View } from '../view.ts';
import { field, type FieldOptions, formatLeaseId, headerLines, quotedField } from './etcd-fields.ts';
import { headerFields, headerJson } from './etcd-json.ts';

function idText(id: bigint, { hex }: FieldOptions): string {
  return hex ? formatLeaseId(id) : id.toString();
}

export function leaseGrantView(response: LeaseGrantResponse, options: FieldOptions): View {
  return {
    simple: (output) =>
      output.line(`lease ${formatLeaseId(response.ID)} granted with TTL(${response.TTL.toString()}s)`),
    json: () => ({
      ...headerFields(response.header),
      ID: response.ID,
      TTL: response.TTL,
      Error: response.error,
    }),
    fields(output) {
      headerLines(output, response.header, options);
      field(output, 'ID', idText(response.ID, options));
      field(output, 'TTL', response.TTL);
    },
  };
}

export function leaseRevokeView(id: bigint, response: LeaseRevokeResponse, options: FieldOptions): View {
  return {
    simple: (output) => output.line(`lease ${formatLeaseId(id)} revoked`),
    json: () => ({ header: headerJson(response.header) }),
    fields: (output) => headerLines(output, response.header, options),
  };
}

export function leaseKeepAliveView(response: LeaseKeepAliveResponse, options: FieldOptions): View {
  return {
    simple: (output) =>
      output.line(`lease ${formatLeaseId(response.ID)} keepalived with TTL(${response.TTL.toString()})`),
    json: () => ({ ...headerFields(response.header), ID: response.ID, TTL: response.TTL }),
    fields(output) {
      headerLines(output, response.header, options);
      field(output, 'ID', idText(response.ID, options));
      field(output, 'TTL', response.TTL);
    },
  };
}

export interface TimeToLiveOptions extends FieldOptions {
  /** Whether the attached keys were asked for. */
  readonly keys: boolean;
}

export function leaseTimeToLiveView(response: LeaseTimeToLiveResponse, options: TimeToLiveOptions): View {
  const { ID, TTL, grantedTTL, keys } = response;
  return {
    simple: (output) => output.line(describeTimeToLive(response, options)),
    json: () => ({
      ...headerFields(response.header),
      id: ID,
      ttl: TTL,
      'granted-ttl': grantedTTL,
      keys: keys.length === 0 ? null : keys,
    }),
    fields(output) {
      headerLines(output, response.header, options);
      field(output, 'ID', idText(ID, options));
      field(output, 'TTL', TTL);
      field(output, 'GrantedTTL', grantedTTL);
      for (const key of keys) quotedField(output, 'Key', key);
    },
    table: () => ({
      header: ['lease', 'granted ttl', 'remaining', 'keys'],
      rows: [[formatLeaseId(ID), grantedTTL.toString(), TTL.toString(), keys.map(displayText).join(' ')]],
    }),
  };
}

function describeTimeToLive(response: LeaseTimeToLiveResponse, { keys }: TimeToLiveOptions): string {
  const id = formatLeaseId(response.ID);
  if (response.grantedTTL === 0n && response.TTL === -1n) return `lease ${id} already expired`;
  const text = `lease ${id} granted with TTL(${response.grantedTTL.toString()}s), remaining(${response.TTL.toString()}s)`;
  return keys ? `${text}, attached keys([${response.keys.map(displayText).join(' ')}])` : text;
}

export function leaseListView(response: LeaseLeasesResponse, options: FieldOptions): View {
  return {
    simple(output) {
      output.line(`found ${response.leases.length} leases`);
      for (const { ID } of response.leases) output.line(formatLeaseId(ID));
    },
    json: () => ({ ...headerFields(response.header), leases: response.leases.map(({ ID }) => ({ id: ID })) }),
    fields(output) {
      headerLines(output, response.header, options);
      for (const { ID } of response.leases) field(output, 'ID', idText(ID, options));
    },
    table: () => ({ header: ['lease'], rows: response.leases.map(({ ID }) => [formatLeaseId(ID)]) }),
  };
}
