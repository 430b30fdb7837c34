/** Edits of a staged copy that keep a restored cluster from stumbling over its own past. */
export { type SanitizeReport, sanitizeStaged } from './sanitize-staged.ts';
export { type StaleKind, staleKinds } from './stale-keys.ts';
