import type { Member, MemberAddResponse, MemberListResponse, ResponseHeader } from '../../../etcd/index.ts';
import { type GoJson, unlessEmpty } from '../go-json.ts';
import { formatGoQuoted } from '../go-quote.ts';
import type { Output, TextTable, View } from '../view.ts';
import { field, type FieldOptions, headerLines, quotedField } from './etcd-fields.ts';
import { headerJson, hexHeaderJson, memberJson } from './etcd-json.ts';

interface MembersReply {
  readonly header?: ResponseHeader | undefined;
  readonly members: readonly Member[];
}

export function memberListView(response: MemberListResponse, options: FieldOptions): View {
  return {
    simple(output) {
      for (const row of memberTable(response.members).rows) output.line(row.join(', '));
    },
    json: () => membersJson(response, options),
    fields: (output) => memberLines(output, response, options),
    table: () => memberTable(response.members),
  };
}

/** Removed, updated or promoted: a sentence, or the members that are left. */
export function memberChangeView(
  id: bigint,
  change: 'removed from' | 'updated in' | 'promoted in',
  response: MembersReply,
  options: FieldOptions,
): View {
  const cluster = response.header?.clusterId ?? 0n;
  return {
    simple: (output) => output.line(`Member ${wideHex(id)} ${change} cluster ${wideHex(cluster)}`),
    json: () => membersJson(response, options),
    fields: (output) => memberLines(output, response, options),
    table: () => memberTable(response.members),
  };
}

export interface AddedMember {
  readonly name: string;
  /** As given on the command line. */
  readonly peerUrls: string;
}

/** What was added, and the environment that the new member's etcd is to be started with. */
export function memberAddView(response: MemberAddResponse, added: AddedMember, options: FieldOptions): View {
  return {
    simple: (output) => addedLines(output, response, added),
    json: () => ({
      header: options.hex ? hexHeaderJson(response.header) : headerJson(response.header),
      member: response.member && memberJson(response.member, options.hex),
      members: unlessEmpty(response.members)?.map((member) => memberJson(member, options.hex)),
    }),
    fields: (output) => memberLines(output, response, options),
    table: () => memberTable(response.members),
  };
}

function addedLines(output: Output, response: MemberAddResponse, { name, peerUrls }: AddedMember): void {
  const id = response.member?.ID ?? 0n;
  const as = response.member?.isLearner === true ? ' as learner ' : ' ';
  const cluster = response.members.flatMap((member) =>
    member.peerURLs.map((url) => `${member.ID === id ? name : member.name}=${url}`),
  );
  output.line(`Member ${wideHex(id)} added${as}to cluster ${wideHex(response.header?.clusterId ?? 0n)}`);
  output.line('');
  output.line(`ETCD_NAME=${formatGoQuoted(name)}`);
  output.line(`ETCD_INITIAL_CLUSTER=${formatGoQuoted(cluster.join(','))}`);
  output.line(`ETCD_INITIAL_ADVERTISE_PEER_URLS=${formatGoQuoted(peerUrls)}`);
  output.line('ETCD_INITIAL_CLUSTER_STATE="existing"');
}

function membersJson(response: MembersReply, { hex }: FieldOptions): GoJson {
  if (hex)
    return {
      header: hexHeaderJson(response.header),
      members: response.members.map((member) => memberJson(member, true)),
    };
  return {
    header: headerJson(response.header),
    members: unlessEmpty(response.members)?.map((member) => memberJson(member)),
  };
}

function memberTable(members: readonly Member[]): TextTable {
  return {
    header: ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'],
    rows: members.map((member) => [
      member.ID.toString(16),
      member.name === '' ? 'unstarted' : 'started',
      member.name,
      member.peerURLs.join(','),
      member.clientURLs.join(','),
      member.isLearner.toString(),
    ]),
  };
}

function memberLines(output: Output, response: MembersReply, options: FieldOptions): void {
  headerLines(output, response.header, options);
  for (const member of response.members) {
    field(output, 'ID', options.hex ? member.ID.toString(16) : member.ID);
    quotedField(output, 'Name', member.name);
    for (const url of member.peerURLs) quotedField(output, 'PeerURL', url);
    for (const url of member.clientURLs) quotedField(output, 'ClientURL', url);
    field(output, 'IsLearner', member.isLearner);
    output.line('');
  }
}

/** Hex in at least 16 columns. */
function wideHex(id: bigint): string {
  return id.toString(16).padStart(16);
}
