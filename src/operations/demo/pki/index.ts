/** Certificates made on the spot, for sandboxes. */
export {
  type Authority,
  type CertificateFiles,
  createAuthority,
  issueCertificate,
  type LeafOptions,
} from './certificates.ts';
