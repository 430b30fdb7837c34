/** Files that age sealed, whatever made them: opened as a stream. Format: age-encryption.org/v1. */
import { HoldfastError, isHoldfastError } from '../../base/index.ts';

/** What may open a file; each is asked for when a file's header says that it needs it. */
export interface AgeSecrets {
  readonly identities: () => Promise<readonly string[]>;
  readonly passphrase: () => Promise<string | undefined>;
}

/** Header lines begin with this for a passphrase. Two headers of other files cannot: their lines are base64. */
const passphraseStanza = /^-> scrypt /m;
const armorBegin = '-----BEGIN AGE ENCRYPTED FILE-----';
const armorEnd = '-----END AGE ENCRYPTED FILE-----';
const headerBytes = 64 << 10;

/**
 * The plain text of a sealed file, piece by piece; each piece is authentic, the whole only when the end was reached.
 * @param name what to call the file in messages
 * @param head the first bytes of the file, for a look at its header
 * Errors: IMPORT_KEY_WRONG (nothing that opens it was given, or it does not fit), IMPORT_DAMAGED.
 */
export async function* openAgeFile(
  sealed: AsyncIterable<Uint8Array>,
  secrets: AgeSecrets,
  { name, head }: { readonly name: string; readonly head: Uint8Array },
): AsyncGenerator<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  const header = new TextDecoder('latin1').decode(head.subarray(0, headerBytes));
  if (passphraseStanza.test(header)) decrypter.addPassphrase(await requirePassphrase(secrets, name));
  else for (const identity of await requireIdentities(secrets, name)) addIdentity(decrypter, identity);
  const source = ReadableStream.from<Uint8Array>(sealed);
  let plain: ReadableStream<Uint8Array>;
  try {
    plain = await decrypter.decrypt(source);
  } catch (error) {
    throw openingFailed(error, name);
  }
  try {
    for await (const piece of plain) yield piece;
  } catch (error) {
    throw isHoldfastError(error)
      ? error
      : damaged(name, 'its content is not what was sealed, or it is cut off', error);
  }
}

/** Takes the text armor off. Errors: IMPORT_DAMAGED. */
export async function* takeAgeArmorOff(
  armored: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  let rest = '';
  let state: 'before' | 'inside' | 'after' = 'before';
  for await (const piece of armored) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > 4096) throw damaged(name, 'a line of its armor is too long');
    const bodies: string[] = [];
    for (const line of lines.map((raw) => raw.trimEnd())) {
      if (state === 'before' && line === armorBegin) state = 'inside';
      else if (state === 'inside' && line === armorEnd) state = 'after';
      else if (state === 'inside' && /^[A-Za-z0-9+/]{1,64}={0,2}$/.test(line)) bodies.push(line);
      else if (line !== '') throw damaged(name, 'its armor is damaged');
    }
    if (bodies.length > 0) yield new Uint8Array(Buffer.from(bodies.join(''), 'base64'));
  }
  if (state !== 'after' && !(state === 'inside' && rest.trimEnd() === armorEnd))
    throw damaged(name, 'its armor has no end');
}

async function requirePassphrase(secrets: AgeSecrets, name: string): Promise<string> {
  const passphrase = await secrets.passphrase();
  if (passphrase !== undefined) return passphrase;
  throw new HoldfastError('IMPORT_KEY_WRONG', `${name} is sealed with a passphrase, and none was given`);
}

async function requireIdentities(secrets: AgeSecrets, name: string): Promise<readonly string[]> {
  const identities = await secrets.identities();
  if (identities.length > 0) return identities;
  throw new HoldfastError('IMPORT_KEY_WRONG', `${name} is sealed with age, and no identity was given`);
}

function addIdentity(decrypter: { addIdentity(text: string): void }, identity: string): void {
  try {
    decrypter.addIdentity(identity);
  } catch {
    // Nothing of it is said: it may be a secret key with one letter wrong.
    throw new HoldfastError('IMPORT_KEY_WRONG', 'an age identity is none');
  }
}

function openingFailed(error: unknown, name: string): unknown {
  if (isHoldfastError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (/no identity matched/.test(reason))
    return new HoldfastError('IMPORT_KEY_WRONG', `${name} does not open with the key that was given`);
  if (/work factor/.test(reason))
    return damaged(name, 'its passphrase would take more work to check than any backup tool asks for', error);
  return damaged(name, 'its age header is damaged', error);
}

function damaged(name: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('IMPORT_DAMAGED', `${name}: ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { path: name },
  });
}
