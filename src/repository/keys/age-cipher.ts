/** age, loaded when a slot of that kind is made or opened. */
import { HoldfastError } from '../../base/index.ts';

/** Encrypts to all recipients. Errors: REPOSITORY_KEY_INVALID. */
export async function sealToRecipients(
  recipients: readonly string[],
  content: Uint8Array,
): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  if (recipients.length === 0) throw new HoldfastError('REPOSITORY_KEY_INVALID', 'there is no age recipient');
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new HoldfastError(
        'REPOSITORY_KEY_INVALID',
        `${JSON.stringify(recipient)} is not an age recipient`,
        {
          cause: error,
        },
      );
    }
  }
  return encrypter.encrypt(content);
}

/** Decrypts with any of the identities; undefined when it was encrypted to others. Errors: REPOSITORY_KEY_INVALID. */
export async function openWithIdentities(
  identities: readonly string[],
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch (error) {
      // Nothing of it is said: it may be a secret key with one letter wrong.
      throw new HoldfastError('REPOSITORY_KEY_INVALID', 'an age identity is none', { cause: error });
    }
  }
  try {
    return await decrypter.decrypt(sealed);
  } catch {
    // Others' recipients and damage look alike here; who asks says that no slot opened.
    return undefined;
  }
}

/** To whom something is encrypted that these identities open. Errors: REPOSITORY_KEY_INVALID. */
export async function recipientsOf(identities: readonly string[]): Promise<readonly string[]> {
  const { identityToRecipient } = await import('age-encryption');
  try {
    return await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  } catch (error) {
    throw new HoldfastError('REPOSITORY_KEY_INVALID', 'an age identity is none', { cause: error });
  }
}

/** The identities in the text of an identity file as age-keygen writes it. Errors: REPOSITORY_KEY_INVALID. */
export function parseAgeIdentities(text: string): readonly string[] {
  const identities = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (identities.length === 0 || !identities.every((line) => line.startsWith('AGE-SECRET-KEY-')))
    throw new HoldfastError(
      'REPOSITORY_KEY_INVALID',
      'an age identity file has lines that begin with AGE-SECRET-KEY-',
    );
  return identities;
}
