/** A case of `testdata/discover` as a root directory of its own, with certificates issued into it. */
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Authority, createAuthority, issueCertificate, type LeafOptions } from './pki.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

const casesDirectory = join(import.meta.dirname, '../../testdata/discover');

/** One entry of a case's `certificates.json`; paths are host paths. */
export type FixtureCertificate =
  | { readonly file: string; readonly ca: true }
  | {
      readonly file: string;
      /** Beside the certificate, with the extension `.key`, unless given. */
      readonly keyFile?: string;
      readonly signedBy: string;
      readonly usages: NonNullable<LeafOptions['usages']>;
      readonly commonName?: string;
      readonly hosts?: readonly string[];
    };

export interface HostFixture extends AsyncDisposable {
  /** To be given as `--root`. */
  readonly root: string;
  /** Content of the case's `expected.json`. */
  readonly expected: unknown;
  readonly certificates: readonly FixtureCertificate[];
  /** Issues a certificate anew, with other dates or usages. */
  reissue(file: string, changes: Partial<LeafOptions>): Promise<void>;
}

/** Names of all cases. */
export async function hostFixtureNames(): Promise<string[]> {
  const entries = await readdir(casesDirectory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Copies a case and issues its certificates. */
export async function openHostFixture(name: string): Promise<HostFixture> {
  const dir = await tempDir('host');
  const root = join(dir.path, 'root');
  await cp(join(casesDirectory, name, 'root'), root, { recursive: true, verbatimSymlinks: true });
  const certificates = (await readJson(join(casesDirectory, name, 'certificates.json'))) ?? [];
  const authorities = new Map<string, Authority>();
  const fixture: HostFixture = {
    root,
    expected: await readJson(join(casesDirectory, name, 'expected.json')),
    certificates: certificates as FixtureCertificate[],
    async reissue(file, changes) {
      const certificate = fixture.certificates.find((entry) => entry.file === file);
      if (certificate === undefined || 'ca' in certificate) throw new Error(`no leaf ${file} in ${name}`);
      await issueInto(root, certificate, authorities, changes);
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
  for (const certificate of fixture.certificates) {
    if ('ca' in certificate)
      authorities.set(certificate.file, await makeAuthority(dir, root, certificate.file));
    else await issueInto(root, certificate, authorities, {});
  }
  return fixture;
}

async function makeAuthority(dir: TempDir, root: string, file: string): Promise<Authority> {
  const authority = await createAuthority(
    join(dir.path, 'issued'),
    file.slice(1).replaceAll('/', '-'),
    afterDays(3650),
  );
  await place(authority.caFile, join(root, file));
  return authority;
}

async function issueInto(
  root: string,
  { file, keyFile, signedBy, ...options }: Extract<FixtureCertificate, { signedBy: string }>,
  authorities: ReadonlyMap<string, Authority>,
  changes: Partial<LeafOptions>,
): Promise<void> {
  const authority = authorities.get(signedBy);
  if (authority === undefined) throw new Error(`${signedBy} comes after ${file}`);
  const issued = await issueCertificate(authority, {
    name: 'leaf',
    notAfter: afterDays(365),
    ...options,
    ...changes,
  });
  await place(issued.certFile, join(root, file));
  await place(issued.keyFile, join(root, keyFile ?? file.replace(/\.crt$/, '.key')));
}

/** As kubeadm's: ten years for authorities, one for the others. */
export function afterDays(days: number): Date {
  return new Date(Date.now() + days * 24 * 3600_000);
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
