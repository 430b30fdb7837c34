import type { JsonObject, JsonValue } from '../../../formats/kubernetes-object/index.ts';
import { isSame } from './compare-values.ts';
import { changeMember, isJsonObject } from './edit-object.ts';

/** What stands in place of a secret text, as kubectl writes it. */
const stars = '***';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Two states of a Secret with its texts covered, so that one sees which of them changed: what differs becomes
 * `*** (before)` and `*** (after)`. The copy of it that `kubectl apply` keeps in an annotation is covered as well.
 */
export function concealSecrets(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): { readonly before: JsonObject | undefined; readonly after: JsonObject | undefined } {
  return {
    before: before === undefined ? undefined : conceal(before, after, 'before'),
    after: after === undefined ? undefined : conceal(after, before, 'after'),
  };
}

function conceal(object: JsonObject, other: JsonObject | undefined, side: string): JsonObject {
  const cover = (value: JsonValue, theirs: JsonValue | undefined) =>
    theirs === undefined || isSame(value, theirs) ? stars : `${stars} (${side})`;
  let covered = object;
  for (const name of ['data', 'stringData']) {
    const theirs = other?.[name];
    covered = changeMember(covered, name, (texts) =>
      coverAll(texts, isJsonObject(theirs) ? theirs : {}, cover),
    );
  }
  return changeMember(covered, 'metadata', (metadata) =>
    changeMember(metadata, 'annotations', (annotations) => {
      const text = annotations[lastApplied];
      if (text === undefined) return annotations;
      return { ...annotations, [lastApplied]: cover(text, annotationOf(other)) };
    }),
  );
}

function coverAll(
  texts: JsonObject,
  theirs: JsonObject,
  cover: (value: JsonValue, theirs: JsonValue | undefined) => string,
): JsonObject {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      cover(text, Object.hasOwn(theirs, name) ? theirs[name] : undefined),
    ]),
  );
}

function annotationOf(object: JsonObject | undefined): JsonValue | undefined {
  const metadata = object?.['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  return isJsonObject(annotations) ? annotations[lastApplied] : undefined;
}
