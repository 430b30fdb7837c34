import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { fileError, HoldfastError } from '../../base/index.ts';
import type { ServerTlsOptions } from '../../etcd/server/index.ts';

/** PEM files that a server proves itself with, and the authority of its clients. */
export interface ServeTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** With it clients have to show a certificate that this authority signed. */
  readonly trustedCaFile?: string;
}

/** Reads and tries the files. Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, TLS_OPTIONS_INVALID. */
export async function readServerTls(files: ServeTlsFiles): Promise<ServerTlsOptions> {
  const certPem = await readPem(files.certFile);
  const keyPem = await readPem(files.keyFile);
  const trustedCaPem = files.trustedCaFile === undefined ? undefined : await readPem(files.trustedCaFile);
  attempt(files.certFile, 'is not a certificate', () => new X509Certificate(certPem));
  attempt(files.keyFile, 'is not a private key without a password', () => createPrivateKey(keyPem));
  attempt(files.keyFile, `is not the key of ${files.certFile}`, () =>
    createSecureContext({ cert: certPem, key: keyPem }),
  );
  if (trustedCaPem === undefined) return { certPem, keyPem };
  attempt(files.trustedCaFile!, 'is not a certificate', () => new X509Certificate(trustedCaPem));
  return { certPem, keyPem, trustedCaPem };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, 'open', path);
  }
}

function attempt(path: string, what: string, use: () => unknown): void {
  try {
    use();
  } catch (cause) {
    throw new HoldfastError('TLS_OPTIONS_INVALID', `${path} ${what}`, {
      hint: 'Check the files given with --cert, --key and --trusted-ca: PEM, unencrypted, and made for each other.',
      details: { path },
      cause,
    });
  }
}
