import { HoldfastError } from '../../base/index.ts';

/** What a certificate says of itself. Nothing in it is secret. */
export interface CertificateReport {
  /** `CN=kube-etcd, O=…`, in the order of the certificate. */
  readonly subject: string;
  readonly commonName?: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dnsNames: readonly string[];
  /** In their canonical form: `::1`, `127.0.0.1`. */
  readonly ipAddresses: readonly string[];
  readonly isCa: boolean;
  readonly isSelfSigned: boolean;
  /** From the extended key usage; without one, all are allowed and both are true. */
  readonly forServer: boolean;
  readonly forClient: boolean;
  /** `RSA 2048`, `EC prime256v1`, `Ed25519`. */
  readonly keyType: string;
  /** SHA-256 of the DER form, lower-case hex. */
  readonly fingerprint: string;
  /** Hex. */
  readonly serial: string;
}

/** The first certificate of a PEM text. Errors: CERTIFICATE_INVALID. */
export function describeCertificate(_pem: string | Uint8Array): CertificateReport {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** Every certificate of a PEM text, at least one. Errors: CERTIFICATE_INVALID. */
export function describeCertificates(_pem: string | Uint8Array): readonly CertificateReport[] {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** Whether a private key belongs to the first certificate. Errors: CERTIFICATE_INVALID. */
export function matchesKey(_certPem: string | Uint8Array, _keyPem: string | Uint8Array): boolean {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** Whether any certificate of `caPem` signed the first one of `certPem`. Errors: CERTIFICATE_INVALID. */
export function isIssuedBy(_certPem: string | Uint8Array, _caPem: string | Uint8Array): boolean {
  throw new HoldfastError('DEFECT', 'not there yet');
}

/** Whole days until the certificate ends, rounded down; negative when it has ended. */
export function daysLeft(report: CertificateReport, nowMs: number): number {
  return Math.floor((report.notAfter.getTime() - nowMs) / 86_400_000);
}
