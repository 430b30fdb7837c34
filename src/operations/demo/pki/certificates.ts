import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** Where a certificate and its private key are, as PEM files readable by their owner only. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority made for one sandbox; its private key never touches the disk. */
export interface Authority {
  readonly directory: string;
  readonly caFile: string;
  readonly certificate: x509.X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
}

export interface LeafOptions {
  /** Base name of the files, and the common name unless one is given. */
  readonly name: string;
  /** DNS names and IP addresses that the certificate is good for; none for a mere client. */
  readonly hosts?: readonly string[];
  /** etcd takes it for the user when authentication is on; an empty one names nobody. */
  readonly commonName?: string;
  /** Kubernetes takes each for a group of the user. */
  readonly organizations?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Both by default. */
  readonly usages?: readonly ('server' | 'client')[];
}

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
const dayMs = 24 * 3600_000;

x509.cryptoProvider.set(webcrypto);

/** Makes an authority and writes `<name>.crt`. A second one with another name is the unrelated one of a test. */
export async function createAuthority(
  directory: string,
  name = 'ca',
  notAfter = new Date(Date.now() + 10 * dayMs),
): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`sandbox authority ${name}`] }],
    keys,
    signingAlgorithm,
    notBefore: new Date(Date.now() - dayMs),
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const caFile = join(directory, `${name}.crt`);
  await writePrivate(caFile, certificate.toString('pem'));
  return { directory, caFile, certificate, signingKey: keys.privateKey };
}

/** Issues a certificate for servers and clients alike and writes `<name>.crt` and `<name>.key`. */
export async function issueCertificate(
  authority: Authority,
  options: LeafOptions,
): Promise<CertificateFiles> {
  const keys = await generateKeys();
  const commonName = options.commonName ?? options.name;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [
      ...(options.organizations ?? []).map((organization) => ({ O: [organization] })),
      ...(commonName === '' ? [] : [{ CN: [commonName] }]),
    ],
    issuer: authority.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm,
    notBefore: options.notBefore ?? new Date(Date.now() - dayMs),
    notAfter: options.notAfter ?? new Date(Date.now() + 9 * dayMs),
    extensions: await leafExtensions(authority, options.hosts ?? [], options.usages ?? ['server', 'client']),
  });
  const certFile = join(authority.directory, `${options.name}.crt`);
  const keyFile = join(authority.directory, `${options.name}.key`);
  await writePrivate(certFile, certificate.toString('pem'));
  const keyBytes = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  await writePrivate(keyFile, x509.PemConverter.encode(keyBytes, 'PRIVATE KEY'));
  return { certFile, keyFile };
}

async function leafExtensions(
  authority: Authority,
  hosts: readonly string[],
  usages: NonNullable<LeafOptions['usages']>,
): Promise<x509.Extension[]> {
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    // etcd's members and its JSON gateway present a server certificate as clients too, so every leaf may be both.
    new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[`${usage}Auth`])),
    await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
  ];
  if (hosts.length > 0) {
    extensions.push(
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
      ),
    );
  }
  return extensions;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

function writePrivate(path: string, text: string): Promise<void> {
  return writeFile(path, text, { mode: 0o600 });
}
