import { readFile } from 'node:fs/promises';
import { fileError } from '../../../base/index.ts';
import { buildEncryptionRules, type EncryptionRules } from '../../../formats/kubernetes-object/index.ts';
import { parseEncryptionConfig } from '../../../kubernetes/index.ts';

/**
 * Reads an API server's EncryptionConfiguration. Errors: FILE_NOT_FOUND, FILE_NOT_READABLE, CONFIG_FILE_INVALID; never
 * with key material.
 */
export async function readEncryptionRules(path: string): Promise<EncryptionRules> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'open', path);
  }
  return buildEncryptionRules(parseEncryptionConfig(text, path));
}
