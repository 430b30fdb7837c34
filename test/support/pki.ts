import {
  type Authority,
  type CertificateFiles,
  createAuthority,
  issueCertificate,
  type LeafOptions,
} from '../../src/operations/demo/index.ts';

export { type Authority, type CertificateFiles, createAuthority, issueCertificate, type LeafOptions };

/** Everything that a cluster with mutual TLS and its clients need. */
export interface Pki {
  readonly authority: Authority;
  readonly caFile: string;
  readonly server: CertificateFiles;
  readonly peer: CertificateFiles;
  readonly client: CertificateFiles;
}

const dayMs = 24 * 3600_000;
const loopbackHosts = ['localhost', '127.0.0.1', '::1'];

/** Makes an authority and the three certificates of an etcd cluster on this machine in `directory`. */
export async function createPki(directory: string, hosts: readonly string[] = loopbackHosts): Promise<Pki> {
  const authority = await createAuthority(directory);
  return {
    authority,
    caFile: authority.caFile,
    server: await issueCertificate(authority, { name: 'server', hosts }),
    peer: await issueCertificate(authority, { name: 'peer', hosts }),
    client: await issueCertificate(authority, { name: 'client' }),
  };
}

/** The same as `issueCertificate`, for a certificate whose time is over. */
export function issueExpiredCertificate(
  authority: Authority,
  options: LeafOptions,
): Promise<CertificateFiles> {
  const ended = Date.now() - dayMs;
  return issueCertificate(authority, {
    ...options,
    notBefore: new Date(ended - dayMs),
    notAfter: new Date(ended),
  });
}
