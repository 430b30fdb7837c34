/** Edits of a manifest that leave every other byte as it is. */
export { type DataDirEdit, editDataDir, type ManifestChange, type ManifestEdit } from './edit-data-dir.ts';
