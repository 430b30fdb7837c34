import type { Finding, OperationContext } from '../../../base/index.ts';
import {
  createDecryptor,
  type DataKeyRequest,
  type Decryption,
  type Decryptor,
  type EncryptionRules,
  type StoredValue,
} from '../../../formats/kubernetes-object/index.ts';
import type { DataKeyUnwrapper } from '../../../kms/index.ts';
import { findHostRules } from './find-host-rules.ts';
import { readEncryptionRules } from './read-rules.ts';

export interface DecryptionOptions {
  /** Path of the API server's EncryptionConfiguration. */
  readonly encryptionConfigFile?: string;
  /** Without a file: the host whose API server may name one. It is looked at when the first encrypted value is met. */
  readonly encryptionHost?: EncryptionHost;
}

export interface EncryptionHost {
  /** Where the host's file system is. */
  readonly root: string;
  /** Takes a sentence that says where the configuration was found, or why there is none. */
  readonly tell: (note: string) => void;
}

export type DecryptorContext = Pick<OperationContext, 'signal' | 'clock' | 'log' | 'events'>;

/** A value that stays encrypted. */
export interface NotDecrypted {
  readonly finding: Finding;
  /** The key in words: `aescbc v1, key "key1"`. */
  readonly wants: string;
  /** Why a KMS plugin is of no help, in its own words or ours. */
  readonly refusal?: string;
}

/** Decrypts values with what a configuration and its KMS plugins give. Dispose it. */
export interface ValueDecryptor extends Disposable {
  /** The caller's own bytes. Errors: INTERRUPTED. */
  decrypt(stored: StoredValue): Promise<Uint8Array | NotDecrypted>;
}

/** Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, CONFIG_FILE_INVALID for the file; never with key material. */
export async function openValueDecryptor(
  options: DecryptionOptions,
  ctx: DecryptorContext,
): Promise<ValueDecryptor> {
  const { encryptionConfigFile: path, encryptionHost } = options;
  const rules = path === undefined ? undefined : await readEncryptionRules(path);
  return new LazyDecryptor(ctx, rules, path === undefined ? encryptionHost : undefined);
}

class LazyDecryptor implements ValueDecryptor {
  readonly #ctx: DecryptorContext;
  readonly #host: EncryptionHost | undefined;
  readonly #rules: EncryptionRules | undefined;
  #decryptor: Promise<Decryptor> | undefined;
  #unwrapper: Promise<DataKeyUnwrapper> | undefined;
  #open: DataKeyUnwrapper | undefined;

  constructor(ctx: DecryptorContext, rules: EncryptionRules | undefined, host: EncryptionHost | undefined) {
    this.#ctx = ctx;
    this.#rules = rules;
    this.#host = host;
  }

  async decrypt(stored: StoredValue): Promise<Uint8Array | NotDecrypted> {
    this.#decryptor ??= this.#create();
    const outcome = await (await this.#decryptor).decryptWithKms(stored);
    return outcome.state === 'plain' || outcome.state === 'decrypted' ? outcome.value : describe(outcome);
  }

  [Symbol.dispose](): void {
    this.#open?.[Symbol.dispose]();
  }

  async #create(): Promise<Decryptor> {
    const rules =
      this.#host === undefined
        ? this.#rules
        : await findHostRules(this.#host.root, this.#host.tell, this.#ctx);
    return createDecryptor(rules, (request) => this.#unwrap(request));
  }

  async #unwrap(request: DataKeyRequest): Promise<Uint8Array> {
    this.#unwrapper ??= this.#openUnwrapper();
    return await (await this.#unwrapper).unwrap(request);
  }

  /** gRPC is loaded when a plugin is needed, and not before. */
  async #openUnwrapper(): Promise<DataKeyUnwrapper> {
    const { openDataKeyUnwrapper } = await import('../../../kms/index.ts');
    this.#open = openDataKeyUnwrapper(this.#ctx);
    return this.#open;
  }
}

function describe(outcome: Exclude<Decryption, { readonly value: Uint8Array }>): NotDecrypted {
  if (outcome.state === 'needs-data-key') {
    const { plugin, apiVersion } = outcome.request;
    return { finding: keyNotUnwrapped, wants: `kms ${apiVersion}, plugin "${plugin}"` };
  }
  const { encryption, finding, kmsRefusal: refusal } = outcome;
  const { provider, version, keyName } = encryption;
  const what = provider === 'kms' ? 'plugin' : 'key';
  return {
    finding,
    wants: `${provider} ${version}, ${what} "${keyName}"`,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

const keyNotUnwrapped: Finding = {
  severity: 'warn',
  code: 'encrypted-kms-failed',
  message: 'the KMS plugin gave no key for it',
};
