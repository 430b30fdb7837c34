/** Authority, client pair and all certificates of an etcd, from what it and the API server are started with. */
import type { LocalHost } from '../../hosts/index.ts';
import { type CertificateFile, CertificateReader, judgeCertificate } from './certificates.ts';
import { choosePair, type ClientPair, clientPairs, type PairChoice } from './client-pair.ts';
import type { ApiServerInstallation, CertificateUse } from './discovery.ts';
import type { EtcdSetup } from './etcd-program.ts';
import type { FactRecord } from './fact-record.ts';

export interface TrustSources {
  readonly setup: Partial<EtcdSetup>;
  readonly apiServer: ApiServerInstallation | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

/** What a client uses, and what there is. */
export interface Trust {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly certificates: readonly CertificateUse[];
}

export async function findTrust(
  host: LocalHost,
  reader: CertificateReader,
  sources: TrustSources,
  facts: FactRecord,
): Promise<Trust> {
  const caFile = await chooseAuthority(reader, sources, facts);
  const pairs = await clientPairs(host, reader, sources);
  const authorityFile = sources.setup.trustedCaFile ?? caFile;
  const uses = new Map<string, CertificateUse>();
  for (const pair of pairs) {
    const use = await reader.use(clientFile(pair, authorityFile));
    if (use !== undefined) uses.set(pair.certFile, use);
  }
  const choice = choosePair(pairs, uses, sources.nowMs);
  noteChoice(choice, facts);
  const certificates = await readAll(reader, sources, caFile);
  for (const use of uses.values())
    if (!certificates.some(({ certFile }) => certFile === use.certFile)) certificates.push(use);
  for (const use of certificates) judgeCertificate(use, sources.nowMs, facts);
  const chosen = choice?.pair;
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(chosen === undefined ? {} : { certFile: chosen.certFile, keyFile: chosen.keyFile }),
    certificates: certificates.map((use) => ({ ...use, isChosen: use.certFile === chosen?.certFile })),
  };
}

function clientFile(
  { use, certFile, keyFile }: ClientPair,
  authorityFile: string | undefined,
): CertificateFile {
  return {
    role: 'client',
    use,
    certFile,
    keyFile,
    ...(authorityFile === undefined ? {} : { authorityFile }),
  };
}

function noteChoice(choice: PairChoice | undefined, facts: FactRecord): void {
  if (choice === undefined) return;
  const { pair, reason, reliability } = choice;
  facts.note('etcd.certFile', { source: 'file', where: reason, file: pair.certFile, reliability });
  facts.note('etcd.keyFile', {
    source: 'file',
    where: reliability === 'sure' ? 'the key of that certificate' : 'named beside that certificate',
    file: pair.keyFile,
    reliability,
  });
  if (reliability !== 'sure')
    facts.find('warn', 'client-pair-unsound', `no client certificate is sound: ${pair.certFile} is named`, {
      path: pair.certFile,
    });
}

/** The authority that signed the server's certificate: not always the one that the server checks clients with. */
async function chooseAuthority(
  reader: CertificateReader,
  { setup, apiServer, environment }: TrustSources,
  facts: FactRecord,
): Promise<string | undefined> {
  const named = [
    setup.trustedCaFile,
    apiServer?.etcdCaFile,
    environment['ETCDCTL_CACERT'],
    setup.peerCaFile,
  ].filter((file) => file !== undefined);
  const server = setup.serverCertFile;
  for (const file of server === undefined ? [] : new Set(named))
    if ((await reader.isSignedBy(server!, file)) === true) {
      const where = 'it signed the certificate of the server';
      facts.note('etcd.caFile', { source: 'file', where, file, reliability: 'sure' });
      return file;
    }
  let found = named[0];
  for (const file of named.toReversed()) if (await reader.exists(file)) found = file;
  if (found === undefined) return undefined;
  const isSet = found === apiServer?.etcdCaFile && setup.trustedCaFile === undefined;
  facts.note('etcd.caFile', {
    source: 'file',
    where: isSet ? '--etcd-cafile of the API server' : 'the authority that etcd is given',
    file: found,
    reliability: isSet ? 'sure' : 'likely',
  });
  return found;
}

/** Authorities, server and peers; clients are known already. */
async function readAll(
  reader: CertificateReader,
  { setup, apiServer }: TrustSources,
  caFile: string | undefined,
): Promise<CertificateUse[]> {
  const files: CertificateFile[] = [];
  const addAuthority = (use: string, certFile: string | undefined) => {
    if (certFile !== undefined && !files.some((file) => file.certFile === certFile))
      files.push({ role: 'ca', use, certFile });
  };
  addAuthority('the authority of etcd', caFile);
  addAuthority('the authority of its clients', setup.trustedCaFile);
  addAuthority('the authority of its peers', setup.peerCaFile);
  addAuthority('the authority that the API server trusts', apiServer?.etcdCaFile);
  files.push(...leaf('server', 'etcd server', setup.serverCertFile, setup.serverKeyFile, caFile));
  files.push(...leaf('peer', 'etcd peer', setup.peerCertFile, setup.peerKeyFile, setup.peerCaFile));
  const uses: CertificateUse[] = [];
  for (const file of files) {
    const use = await reader.use(file);
    if (use !== undefined) uses.push(use);
  }
  return uses;
}

function leaf(
  role: 'server' | 'peer',
  use: string,
  certFile: string | undefined,
  keyFile: string | undefined,
  authorityFile: string | undefined,
): CertificateFile[] {
  if (certFile === undefined) return [];
  return [
    {
      role,
      use,
      certFile,
      ...(keyFile === undefined ? {} : { keyFile }),
      ...(authorityFile === undefined ? {} : { authorityFile }),
    },
  ];
}
