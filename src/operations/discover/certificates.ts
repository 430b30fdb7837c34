/** The certificates around an etcd: which is for what, whether they hold, and which pair a client takes. */
import type { LocalHost } from '../../hosts/index.ts';
import {
  type CertificateReport,
  daysLeft,
  describeCertificate,
  isIssuedBy,
  matchesKey,
} from '../../kubernetes/index.ts';
import type { CertificateUse } from './discovery.ts';
import type { FactRecord } from './fact-record.ts';
import { isReadProblem } from './read-problem.ts';

/** A certificate to look at. */
export interface CertificateFile {
  readonly role: CertificateUse['role'];
  /** In words: `etcd server`. */
  readonly use: string;
  readonly certFile: string;
  readonly keyFile?: string;
  /** The authority that has to have signed it. */
  readonly authorityFile?: string;
}

/** Warn this long before a certificate ends. */
export const warnDays = 30;

/** Reads certificates once each. Undefined for what is missing, unreadable or no certificate. */
export class CertificateReader {
  readonly #host: LocalHost;
  readonly #facts: FactRecord;
  readonly #nowMs: number;
  readonly #pems = new Map<string, Uint8Array | undefined>();

  constructor(host: LocalHost, facts: FactRecord, nowMs: number) {
    this.#host = host;
    this.#facts = facts;
    this.#nowMs = nowMs;
  }

  async use(file: CertificateFile): Promise<CertificateUse | undefined> {
    const pem = await this.#read(file.certFile);
    if (pem === undefined) return undefined;
    try {
      const report = describeCertificate(pem);
      const keyMatches = file.keyFile === undefined ? undefined : await this.#keyMatches(pem, file.keyFile);
      const authority = file.authorityFile === undefined ? undefined : await this.#read(file.authorityFile);
      const isTrusted = authority === undefined ? undefined : isIssuedBy(pem, authority);
      return this.#describe(file, report, {
        ...(keyMatches === undefined ? {} : { keyMatches }),
        ...(isTrusted === undefined ? {} : { isTrusted }),
      });
    } catch (error) {
      this.#tell(error, file.certFile);
      return undefined;
    }
  }

  /** The report of a certificate itself. */
  async report(certFile: string): Promise<CertificateReport | undefined> {
    const pem = await this.#read(certFile);
    try {
      return pem === undefined ? undefined : describeCertificate(pem);
    } catch (error) {
      this.#tell(error, certFile);
      return undefined;
    }
  }

  /** Whether one of the authorities in a file signed a certificate; undefined when either cannot be read. */
  async isSignedBy(certFile: string, authorityFile: string): Promise<boolean | undefined> {
    const [pem, authority] = [await this.#read(certFile), await this.#read(authorityFile)];
    if (pem === undefined || authority === undefined) return undefined;
    try {
      return isIssuedBy(pem, authority);
    } catch (error) {
      this.#tell(error, certFile);
      return undefined;
    }
  }

  async exists(path: string): Promise<boolean> {
    try {
      return (await this.#host.stat(path))?.kind === 'file';
    } catch (error) {
      if (!isReadProblem(error)) throw error;
      return false;
    }
  }

  async #keyMatches(pem: Uint8Array, keyFile: string): Promise<boolean | undefined> {
    const key = await this.#read(keyFile);
    if (key === undefined) return undefined;
    try {
      return matchesKey(pem, key);
    } catch (error) {
      this.#tell(error, keyFile);
      return false;
    }
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    if (this.#pems.has(path)) return this.#pems.get(path);
    let pem: Uint8Array | undefined;
    try {
      pem = await this.#host.readBytes(path, 1 << 20);
      if (pem === undefined)
        this.#facts.find('warn', 'certificate-missing', `${path} does not exist`, { path });
    } catch (error) {
      this.#tell(error, path);
    }
    this.#pems.set(path, pem);
    return pem;
  }

  #tell(error: unknown, path: string): void {
    if (!isReadProblem(error)) throw error;
    this.#facts.find('warn', 'certificate-unreadable', `${path}: ${error.message}`, { path });
  }

  #describe(
    { role, use, certFile, keyFile }: CertificateFile,
    report: CertificateReport,
    checks: Pick<CertificateUse, 'keyMatches' | 'isTrusted'>,
  ): CertificateUse {
    return {
      role,
      use,
      certFile,
      ...(keyFile === undefined ? {} : { keyFile }),
      subject: report.subject,
      issuer: report.issuer,
      notBeforeMs: report.notBefore.getTime(),
      notAfterMs: report.notAfter.getTime(),
      daysLeft: daysLeft(report, this.#nowMs),
      sans: [...report.dnsNames, ...report.ipAddresses],
      isCa: report.isCa,
      serverAuth: report.forServer,
      clientAuth: report.forClient,
      ...checks,
      isChosen: false,
    };
  }
}

/** Why a pair is none for a client now; undefined when it is one. */
export function unfitForClient(use: CertificateUse, nowMs: number): string | undefined {
  if (use.keyMatches === undefined) return 'its key cannot be read';
  if (!use.keyMatches) return 'its key belongs to another certificate';
  if (!use.clientAuth) return 'it is not for clients';
  if (use.isTrusted === false) return 'etcd does not trust its authority';
  if (nowMs > use.notAfterMs) return 'it has expired';
  if (nowMs < use.notBeforeMs) return 'it is not valid yet';
  return undefined;
}

/** What is wrong with a certificate, or will be soon. */
export function judgeCertificate(use: CertificateUse, nowMs: number, facts: FactRecord): void {
  const where = { path: use.certFile };
  const name = `the certificate of ${use.use} (${use.certFile})`;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (nowMs > use.notAfterMs)
    facts.find('fail', 'certificate-expired', `${name} expired on ${day(use.notAfterMs)}`, where);
  else if (use.daysLeft < warnDays)
    facts.find(
      'warn',
      'certificate-expires-soon',
      `${name} expires on ${day(use.notAfterMs)}, in ${use.daysLeft} ${use.daysLeft === 1 ? 'day' : 'days'}`,
      where,
    );
  if (nowMs < use.notBeforeMs)
    facts.find(
      'fail',
      'certificate-not-yet-valid',
      `${name} is valid from ${day(use.notBeforeMs)} on`,
      where,
    );
  if (use.keyMatches === false)
    facts.find(
      'fail',
      'certificate-key-mismatch',
      `the key ${use.keyFile!} does not belong to ${name}`,
      where,
    );
  if (use.role === 'ca' && !use.isCa)
    facts.find('fail', 'certificate-not-a-ca', `${name} is not one of an authority`, where);
  if (use.isTrusted === false)
    facts.find(
      'fail',
      'certificate-untrusted',
      `${name} is not signed by the authority that checks it`,
      where,
    );
  if (use.role === 'server' && !use.serverAuth)
    facts.find('fail', 'certificate-not-for-servers', `${name} is not for servers`, where);
}
