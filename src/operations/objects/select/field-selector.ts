/**
 * Field selectors: `metadata.name=web,status.phase!=Running`. The API server takes a few fields of each kind; here
 * every field of an object will do.
 *
 * Source: k8s.io/apimachinery pkg/fields/selector.go (0.36.2).
 */
import { HoldfastError } from '../../../base/index.ts';
import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';

export interface FieldSelector {
  /** Whether the metadata is all that is asked about. */
  readonly isMetadataOnly: boolean;
  matches(object: JsonObject): boolean;
}

interface Requirement {
  readonly path: readonly string[];
  readonly value: string;
  readonly isEqual: boolean;
}

/** Errors: USAGE. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements = text
    .split(/(?<!\\),/)
    .filter((part) => part.trim() !== '')
    .map(parseRequirement);
  return {
    isMetadataOnly: requirements.every(({ path }) => path[0] === 'metadata'),
    matches: (object) =>
      requirements.every(({ path, value, isEqual }) => (textAt(object, path) === value) === isEqual),
  };
}

function parseRequirement(text: string): Requirement {
  const match = /^\s*([^=!\s]+)\s*(!=|==|=)(.*)$/s.exec(text);
  if (match === null) {
    throw new HoldfastError('USAGE', `a field selector cannot have "${text}"`, {
      hint: 'Write path=value or path!=value, with commas in between: status.phase!=Running.',
    });
  }
  const [, path = '', how, value = ''] = match;
  return {
    path: path.split('.'),
    value: value.trim().replace(/\\([\\,=])/g, '$1'),
    isEqual: how !== '!=',
  };
}

/** A field as text; the empty text where there is none. */
function textAt(object: JsonObject, path: readonly string[]): string {
  let value: JsonValue | undefined = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  if (value === undefined || value === null || typeof value === 'object') return '';
  return String(value);
}
