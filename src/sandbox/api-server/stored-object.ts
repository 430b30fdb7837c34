import { type ApiResource, groupVersionOf, namesOf } from './api-resources.ts';

export interface ApiObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * A stored value as an object: whole when it is JSON, only its names and UID when it is Kubernetes' protobuf, only
 * the names that its key tells when it is neither (encrypted).
 */
export function objectOf(
  prefix: string,
  resource: ApiResource,
  stored: { readonly key: string; readonly value: Uint8Array; readonly modRevision: bigint },
): ApiObject {
  const content = decodeContent(stored.value);
  return {
    kind: resource.kind,
    apiVersion: groupVersionOf(resource),
    ...content,
    metadata: {
      ...namesOf(prefix, resource, stored.key),
      ...content.metadata,
      resourceVersion: String(stored.modRevision),
    },
  };
}

function decodeContent(value: Uint8Array): { readonly metadata?: Readonly<Record<string, unknown>> } {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  if (bytes[0] === 0x7b) return JSON.parse(bytes.toString()) as { metadata?: Record<string, unknown> };
  if (!bytes.subarray(0, 4).equals(Buffer.from('k8s\0'))) return {};
  // runtime.Unknown holds the object in field 2; the object its ObjectMeta in field 1 (api/core/v1/generated.proto).
  const object = fieldOf(bytes.subarray(4), 2);
  const metadata = object && fieldOf(object, 1);
  if (metadata === undefined) return {};
  const named = { name: fieldOf(metadata, 1), namespace: fieldOf(metadata, 3), uid: fieldOf(metadata, 5) };
  const entries = Object.entries(named)
    .filter(([, bytesOf]) => bytesOf !== undefined && bytesOf.length > 0)
    .map(([name, bytesOf]) => [name, bytesOf!.toString()]);
  return { metadata: Object.fromEntries(entries) as Record<string, unknown> };
}

/** The first field of this number that holds bytes, a view. */
function fieldOf(message: Buffer, wanted: number): Buffer | undefined {
  let at = 0;
  const varint = () => {
    let result = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++] ?? 0;
      result += (byte & 0x7f) * shift;
      if (byte < 0x80) return result;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const length = varint();
      if (Math.floor(tag / 8) === wanted) return message.subarray(at, at + length);
      at += length;
    } else return undefined;
  }
  return undefined;
}
