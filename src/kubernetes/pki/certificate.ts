import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { HoldfastError } from '../../base/index.ts';

/** What a certificate says of itself. Nothing in it is secret. */
export interface CertificateReport {
  /** `O=system:masters, CN=kube-etcd`, in the order of the certificate. */
  readonly subject: string;
  readonly commonName?: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dnsNames: readonly string[];
  /** In their short form: `::1`, `127.0.0.1`. */
  readonly ipAddresses: readonly string[];
  readonly isCa: boolean;
  readonly isSelfSigned: boolean;
  /** From the extended key usage; without one every use is allowed and both are true. */
  readonly forServer: boolean;
  readonly forClient: boolean;
  /** `RSA 2048`, `EC prime256v1`, `ED25519`. */
  readonly keyType: string;
  /** SHA-256 of the DER form, lower-case hex. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serial: string;
}

/** A bundle of authorities is a few hundred certificates. */
const maxCertificates = 1000;
const maxPemCharacters = 4 << 20;

/** The first certificate of a PEM text. Errors: CERTIFICATE_INVALID. */
export function describeCertificate(pem: string | Uint8Array): CertificateReport {
  return describe(readFirst(pem));
}

/** Whether a private key belongs to the first certificate. Errors: CERTIFICATE_INVALID. */
export function matchesKey(certPem: string | Uint8Array, keyPem: string | Uint8Array): boolean {
  return readFirst(certPem).checkPrivateKey(readPrivateKey(keyPem));
}

/** Whether any certificate of `caPem` signed the first one of `certPem`. Errors: CERTIFICATE_INVALID. */
export function isIssuedBy(certPem: string | Uint8Array, caPem: string | Uint8Array): boolean {
  const certificate = readFirst(certPem);
  return readCertificates(caPem).some((ca) => isSignedBy(certificate, ca));
}

/** Whole days until the certificate ends, rounded down: negative when it has ended. */
export function daysLeft(report: CertificateReport, nowMs: number): number {
  return Math.floor((report.notAfter.getTime() - nowMs) / 86_400_000);
}

function describe(certificate: X509Certificate): CertificateReport {
  const subject = nameOf(certificate.subject);
  const commonName = /(?:^|\n)CN=(.*)/.exec(subject)?.[1];
  const uses = certificate.keyUsage as readonly string[] | undefined;
  const allows = (purpose: string) =>
    uses === undefined || uses.includes(purpose) || uses.includes(anyExtendedKeyUsage);
  return {
    subject: subject.replaceAll('\n', ', '),
    ...(commonName !== undefined && { commonName }),
    issuer: nameOf(certificate.issuer).replaceAll('\n', ', '),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    ...alternativeNames(certificate.subjectAltName),
    isCa: certificate.ca,
    isSelfSigned: isSignedBy(certificate, certificate),
    forServer: allows('1.3.6.1.5.5.7.3.1'),
    forClient: allows('1.3.6.1.5.5.7.3.2'),
    keyType: describeKey(certificate),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    serial: certificate.serialNumber.toLowerCase(),
  };
}

const anyExtendedKeyUsage = '2.5.29.37.0';

/** Node gives undefined for an empty name, whatever its types say. */
function nameOf(name: string | undefined): string {
  return name ?? '';
}

function isSignedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  try {
    return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
  } catch {
    // A key that OpenSSL cannot use has signed nothing that it could check.
    return false;
  }
}

function alternativeNames(text: string | undefined): Pick<CertificateReport, 'dnsNames' | 'ipAddresses'> {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  // Node puts values with odd characters in JSON quotes.
  for (const [, kind, quoted, plain] of (text ?? '').matchAll(
    /(DNS|IP Address|[\w ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g,
  )) {
    const value = quoted === undefined ? plain! : (JSON.parse(quoted) as string);
    if (kind === 'DNS') dnsNames.push(value);
    if (kind === 'IP Address') ipAddresses.push(shortAddress(value));
  }
  return { dnsNames, ipAddresses };
}

function shortAddress(address: string): string {
  return isIPv6(address) ? new URL(`https://[${address}]/`).hostname.slice(1, -1) : address;
}

function describeKey(certificate: X509Certificate): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'ec') return `EC ${details?.namedCurve ?? ''}`.trim();
  const bits = details?.modulusLength;
  return (type ?? 'unknown').toUpperCase() + (bits === undefined ? '' : ` ${bits}`);
}

function readFirst(pem: string | Uint8Array): X509Certificate {
  return readCertificates(pem, 1)[0]!;
}

function readCertificates(pem: string | Uint8Array, limit = maxCertificates): X509Certificate[] {
  const text = textOf(pem);
  const found: X509Certificate[] = [];
  for (const [block] of text.matchAll(certificatePattern)) {
    if (found.length === limit) break;
    found.push(readOne(block));
  }
  if (found.length === 0) throw invalid('there is no PEM certificate in the file');
  return found;
}

const certificatePattern =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function readOne(block: string): X509Certificate {
  try {
    const certificate = new X509Certificate(block);
    // Keys and dates are decoded late; ask now, so that a bad one is found here.
    if (certificate.publicKey.type !== 'public') throw new Error('no public key');
    return certificate;
  } catch (error) {
    throw invalid('the certificate cannot be decoded', error);
  }
}

function readPrivateKey(pem: string | Uint8Array): KeyObject {
  const text = textOf(pem);
  if (/ENCRYPTED/.test(text)) throw invalid('the private key is encrypted');
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw invalid('there is no PEM private key in the file', error);
  }
}

function textOf(pem: string | Uint8Array): string {
  if (pem.length > maxPemCharacters) throw invalid('the file is far larger than certificates are');
  return typeof pem === 'string'
    ? pem
    : Buffer.from(pem.buffer, pem.byteOffset, pem.length).toString('latin1');
}

function invalid(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CERTIFICATE_INVALID', message, { cause });
}
