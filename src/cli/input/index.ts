export { askYes } from './ask-yes.ts';
export { awaitKey } from './await-key.ts';
export { askSecret } from './ask-secret.ts';
export { inputLines, readAllInput } from './standard-input.ts';
export { unquoteGo, wordBytes } from './word-bytes.ts';
export { type PassphraseSources, readPassphrase } from './read-passphrase.ts';
export { readText } from './read-text.ts';
