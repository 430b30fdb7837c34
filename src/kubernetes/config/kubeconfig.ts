import { HoldfastError } from '../../base/index.ts';

/** The parts of a kubeconfig that one context names. Data is decoded; relative files are made absolute. */
export interface Kubeconfig {
  readonly context: string;
  readonly server: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly caData?: Uint8Array;
  readonly caFile?: string;
  readonly certData?: Uint8Array;
  readonly certFile?: string;
  readonly keyData?: Uint8Array;
  readonly keyFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** Ways in that are not used here: `exec`, `auth-provider`, `basic`, `proxy-url`. */
  readonly unsupported: readonly string[];
}

/** Errors: CONFIG_FILE_INVALID with file and line. */
export function parseKubeconfig(_text: string, _path: string, _context?: string): Kubeconfig {
  throw new HoldfastError('DEFECT', 'not there yet');
}
