import { HoldfastError } from '../../base/index.ts';
import type { ApiVersion, Health, KubernetesObject, ObjectList, WrittenObject } from './api-types.ts';
import type { ApiAnswer } from './send-request.ts';

/** Of the server's words; an invalid object is told of field by field. */
const longestMessage = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** A successful answer as a JSON object. Errors: API_SERVER_DENIED, API_SERVER_ERROR, API_RESPONSE_INVALID. */
export function readObject(answer: ApiAnswer, server: string): KubernetesObject {
  if (answer.httpStatus !== 200) throw statusError(answer, server);
  const value = parseObject(answer.body);
  if (value === undefined) throw notAnApiServer(server, 'it does not answer with a JSON object');
  return value;
}

/** The same, but undefined when the server says that it has no object of that name. */
export function readOptionalObject(answer: ApiAnswer, server: string): KubernetesObject | undefined {
  if (answer.httpStatus === 404) {
    const details = fieldsOf(parseObject(answer.body)?.['details']);
    // Without a name it is the kind of object that is not known.
    if (typeof details?.['name'] === 'string' && details['name'] !== '') return undefined;
  }
  return readObject(answer, server);
}

/** What a write answers: 201 when the object is new. */
export function readWritten(answer: ApiAnswer, server: string): WrittenObject {
  const isNew = answer.httpStatus === 201;
  return { object: readObject(isNew ? { ...answer, httpStatus: 200 } : answer, server), isNew };
}

export function readList(answer: ApiAnswer, server: string): ObjectList {
  const list = readObject(answer, server);
  const metadata = fieldsOf(list['metadata']);
  const items: unknown = list['items'] ?? [];
  const resourceVersion = metadata?.['resourceVersion'];
  if (!Array.isArray(items) || !items.every((item) => fieldsOf(item) !== undefined)) {
    throw notAnApiServer(server, 'its list has no items');
  }
  if (typeof resourceVersion !== 'string') throw notAnApiServer(server, 'its list has no resourceVersion');
  const next = metadata?.['continue'];
  const remaining = metadata?.['remainingItemCount'];
  return {
    resourceVersion,
    items: items as readonly KubernetesObject[],
    ...(typeof next === 'string' && next !== '' && { continue: next }),
    ...(typeof remaining === 'number' && { remainingItemCount: remaining }),
  };
}

/** The answer of /readyz and /livez: a text that lists what does not pass. */
export function readHealth(answer: ApiAnswer, server: string): Health {
  const { httpStatus, body } = answer;
  if (httpStatus === 401 || httpStatus === 403) throw statusError(answer, server);
  if (httpStatus !== 200 && httpStatus !== 429 && httpStatus < 500) {
    throw notAnApiServer(server, `its health has status ${httpStatus}`);
  }
  const failed = [...body.matchAll(/^\[-\](\S{1,200})/gm)].map(([, name]) => name!);
  return { ok: httpStatus === 200, httpStatus, failed };
}

export function readVersion(answer: ApiAnswer, server: string): ApiVersion {
  const { gitVersion, major, minor } = readObject(answer, server);
  if (typeof gitVersion !== 'string') throw notAnApiServer(server, 'its version is missing');
  return { gitVersion, major: textOf(major), minor: textOf(minor) };
}

/** The error that a Status object or a bare HTTP status stands for. */
function statusError({ httpStatus, body }: ApiAnswer, server: string): HoldfastError {
  const status = parseObject(body);
  const reason = textOf(status?.['reason']);
  const said = textOf(status?.['message']).slice(0, longestMessage);
  const what = said === '' ? `status ${httpStatus}` : `${httpStatus} ${said}`;
  const details = {
    server,
    httpStatus,
    ...(reason !== '' && { reason }),
    ...(said !== '' && { said }),
  };
  if (httpStatus === 401 || httpStatus === 403) {
    return new HoldfastError('API_SERVER_DENIED', `${server} refused the request: ${what}`, { details });
  }
  if (httpStatus < 400) return notAnApiServer(server, `it answers with status ${httpStatus}`);
  return new HoldfastError('API_SERVER_ERROR', `${server} answered: ${what}`, { details });
}

function notAnApiServer(server: string, why: string): HoldfastError {
  return new HoldfastError('API_RESPONSE_INVALID', `${server} is no API server: ${why}`, {
    details: { server },
  });
}

function parseObject(body: string): Fields | undefined {
  try {
    return fieldsOf(/\d{16}/.test(body) ? JSON.parse(body, keepDigits as Plain) : JSON.parse(body));
  } catch {
    // The caller says what was expected; the parser's own message would quote the answer.
    return undefined;
  }
}

/** What TypeScript's library knows of a reviver; the source text is newer. */
type Plain = (this: unknown, name: string, value: unknown) => unknown;

/** An integer that a number cannot hold becomes a bigint. */
function keepDigits(_name: string, value: unknown, context: { readonly source?: string }): unknown {
  const { source = '' } = context;
  const isCut = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
  return isCut ? BigInt(source) : value;
}

function fieldsOf(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
