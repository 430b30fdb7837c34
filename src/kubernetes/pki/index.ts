/** Reading certificates and keys. */
export {
  type CertificateReport,
  daysLeft,
  describeCertificate,
  isIssuedBy,
  matchesKey,
} from './certificate.ts';
