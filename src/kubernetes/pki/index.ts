/** Reading certificates and keys. */
export {
  type CertificateReport,
  daysLeft,
  describeCertificate,
  describeCertificates,
  isIssuedBy,
  matchesKey,
} from './certificate.ts';
