import { decodeRecipe, type RecipeSection } from '../contents/index.ts';
import { readContents, type Repository } from '../open/index.ts';
import { type BackupRecord, recordName } from '../records/index.ts';

/** The recipe of a backup. Errors: REPOSITORY_DAMAGED, those of `Storage`. */
export async function readRecipe(
  repository: Repository,
  { id, recipe }: Pick<BackupRecord, 'id' | 'recipe'>,
  signal?: AbortSignal,
): Promise<RecipeSection[]> {
  const parts: Uint8Array[] = [];
  const names = recipe.map((part) => ({ type: 'recipe', id: part }) as const);
  for await (const part of readContents(repository, names, { signal })) parts.push(part);
  return decodeRecipe(parts, `the recipe of ${recordName(id)}`);
}
