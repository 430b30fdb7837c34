import { HoldfastError } from '../../../base/index.ts';
import type { ResourceCatalog, ResourceType } from './resource-catalog.ts';

/** One type that was asked for, or one object of it. */
export interface NamedType {
  readonly type: ResourceType;
  readonly name: string | undefined;
}

/**
 * What `RESOURCE[/NAME]` words mean; a word may have several resources with commas. Errors: UNKNOWN_RESOURCE, USAGE.
 */
export function readObjectWords(words: readonly string[], catalog: ResourceCatalog): readonly NamedType[] {
  const asked = words.flatMap((word, i) => readWord(word, i, catalog));
  const known = new Set<string>();
  return asked.filter(({ type, name }) => {
    const id = `${type.path} ${name ?? ''}`;
    return !known.has(id) && known.add(id);
  });
}

function readWord(word: string, position: number, catalog: ResourceCatalog): NamedType[] {
  const slash = word.indexOf('/');
  const name = slash < 0 ? undefined : word.slice(slash + 1);
  if (name === '' || name?.includes('/') === true) {
    throw new HoldfastError('USAGE', `"${word}" is not RESOURCE/NAME`, {
      hint: 'Write the resource, a slash and the name: deploy/web.',
    });
  }
  const resources = (slash < 0 ? word : word.slice(0, slash)).split(',').filter((part) => part !== '');
  try {
    return resources.flatMap((resource) => catalog.resolve(resource)).map((type) => ({ type, name }));
  } catch (error) {
    if (position === 0 || slash >= 0) throw error;
    // As kubectl takes it: a type, then names.
    throw new HoldfastError('UNKNOWN_RESOURCE', `there is no resource type "${word}"`, {
      hint: 'If it is the name of an object, write it with its resource: pod/web-1.',
      cause: error,
    });
  }
}
