/** Parts of objects: a schema in which everything else is passed over, which makes lists several times faster. */
import { type FieldSchema, type MessageSchema, messageSchema } from './field-schema.ts';

/** The wanted members of an object by their names in JSON, `true` for all below one; of lists those of each item. */
export interface FieldMask {
  readonly [name: string]: FieldMask | true;
}

const known = new WeakMap<FieldMask, Map<MessageSchema, MessageSchema>>();
const unmanaged = new Map<MessageSchema, MessageSchema>();

/**
 * A kind's schema with nothing but the wanted members, and never with `metadata.managedFields`, which are most bytes of
 * many objects. Numbers and switches stay in any case: to pass over them is no faster than to read them.
 */
export function maskedSchema(schema: MessageSchema, mask: FieldMask | true): MessageSchema {
  if (mask !== true) return masked(schema, mask);
  const found = unmanaged.get(schema);
  if (found !== undefined) return found;
  const fields = schema.fields.map((field) =>
    field?.name === 'metadata' ? { ...field, message: briefMetadata } : field,
  );
  const brief = { ...schema, fields };
  unmanaged.set(schema, brief);
  return brief;
}

let brief: MessageSchema | undefined;

/** An object's metadata without the managed fields. */
export function briefMetadata(): MessageSchema {
  return (brief ??= withFields(messageSchema(metadataMessage), (field) =>
    field.name === 'managedFields' ? passedOver(field) : field,
  ));
}

const metadataMessage = 'meta/v1.ObjectMeta';

function masked(schema: MessageSchema, mask: FieldMask): MessageSchema {
  // What JSON writes as a list has no members to choose from.
  if (schema.form !== 'object') return schema;
  let ofMask = known.get(mask);
  if (ofMask === undefined) known.set(mask, (ofMask = new Map<MessageSchema, MessageSchema>()));
  const found = ofMask.get(schema);
  if (found !== undefined) return found;
  const made = withFields(schema, (field) => maskedField(field, mask));
  ofMask.set(schema, made);
  return made;
}

function maskedField(field: FieldSchema, mask: FieldMask): FieldSchema {
  if (field.inline) return { ...field, message: () => masked(field.message(), mask) };
  const below = mask[field.name];
  if (below === undefined) return isSized(field) ? passedOver(field) : field;
  if (field.type !== 'm') return field;
  if (below !== true) return { ...field, message: () => masked(field.message(), below) };
  return field.name === 'metadata' ? { ...field, message: briefMetadata } : field;
}

function withFields(schema: MessageSchema, change: (field: FieldSchema) => FieldSchema): MessageSchema {
  const fields = schema.fields.map((field) => field && change(field));
  const filled = schema.filled.flatMap((field) => {
    const changed = fields[field.number];
    return changed === undefined || changed.type === '-' ? [] : [changed];
  });
  return { ...schema, fields, filled };
}

function passedOver(field: FieldSchema): FieldSchema {
  return { ...field, type: '-', shape: 'single' };
}

function isSized({ type }: FieldSchema): boolean {
  return !'bild'.includes(type);
}
