/** Edits of a manifest that leave every other byte as it is. */
export type { DataDirEdit, ManifestChange, ManifestEdit } from './data-dir-edit.ts';
export { editDataDir } from './edit-data-dir.ts';
