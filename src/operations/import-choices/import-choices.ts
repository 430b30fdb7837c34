/** What made a backup, as far as its layout tells. */
export const importFormats = [
  'snapshot',
  'database',
  'data-dir',
  'gardener',
  'kops',
  'k3s',
  'openshift',
  'talos-backup',
] as const;

export type ImportFormat = (typeof importFormats)[number];

/** Most bytes that anything may unpack to, unless told otherwise. */
export const defaultMaxUnpackedBytes = 16 * 2 ** 30;
