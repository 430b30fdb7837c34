import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateFiles, createAuthority, issueCertificate } from '../../demo/pki/index.ts';

/** Certificates for one sandbox: what is in the backup is as secret as the cluster, on the loopback address, too. */
export interface SandboxPki {
  readonly caFile: string;
  readonly server: CertificateFiles;
  readonly client: CertificateFiles;
  readonly caPem: Uint8Array;
  readonly certPem: Uint8Array;
  readonly keyPem: Uint8Array;
}

export async function createSandboxPki(sandbox: string): Promise<SandboxPki> {
  const authority = await createAuthority(join(sandbox, 'pki'), 'etcd-ca');
  const server = await issueCertificate(authority, { name: 'etcd', hosts: ['localhost', '127.0.0.1'] });
  // With authentication enabled in the backup, etcd takes the name for the user.
  const client = await issueCertificate(authority, {
    name: 'client',
    commonName: 'root',
    usages: ['client'],
  });
  const { caFile } = authority;
  const [caPem, certPem, keyPem] = await Promise.all(
    [caFile, client.certFile, client.keyFile].map((path) => readFile(path)),
  );
  return { caFile, server, client, caPem: caPem!, certPem: certPem!, keyPem: keyPem! };
}
