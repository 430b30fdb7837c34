/** Commands on the keys of a repository. */
export { repoKeyAddCommand } from './add.ts';
export { repoKeyExportCommand } from './export.ts';
export { repoKeyImportCommand } from './import.ts';
export { repoKeyListCommand } from './list.ts';
export { repoKeyPasswdCommand } from './passwd.ts';
export { repoKeyRemoveCommand } from './remove.ts';
export { repoKeyRotateCommand } from './rotate.ts';
export { newKeyFlags } from './read-new-key.ts';
