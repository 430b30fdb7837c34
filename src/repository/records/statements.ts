import { type JsonObject, listField, numberField, textField } from '../encoding/index.ts';
import { damaged } from '../failures.ts';
import {
  decodeFields,
  encodeFields,
  type Extensible,
  objectList,
  optionalText,
  present,
  unknownFields,
} from './record-fields.ts';

/** A process at work in the repository. Times are ISO 8601 by the clock of who says it. */
export interface SessionStatement extends Extensible {
  readonly host: string;
  /** Tells one run of the host from the next, and those of its containers from each other. */
  readonly boot: string;
  readonly processId: number;
  readonly since: string;
  readonly purpose: 'backup' | 'forget' | 'prune' | 'rebuild-index' | 'copy';
}

export function encodeSession(session: SessionStatement): Uint8Array {
  const { host, boot, processId, since, purpose } = session;
  return encodeFields({ host, boot, processId, since, purpose }, session.unknown);
}

/** Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeSession(content: Uint8Array, what: string): SessionStatement {
  const object = decodeFields(content, what);
  return {
    host: textField(object, 'host', what),
    boot: textField(object, 'boot', what),
    processId: numberField(object, 'processId', what),
    since: textField(object, 'since', what),
    // A purpose that is not known here keeps what a session keeps all the same.
    purpose: textField(object, 'purpose', what) as SessionStatement['purpose'],
    ...rest(object, ['host', 'boot', 'processId', 'since', 'purpose']),
  };
}

/** A backup was forgotten. */
export interface Tombstone extends Extensible {
  readonly at: string;
  readonly host: string;
  /** The policy's words. */
  readonly why: string;
}

export function encodeTombstone({ at, host, why, unknown }: Tombstone): Uint8Array {
  return encodeFields({ at, host, why }, unknown);
}

/** Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeTombstone(content: Uint8Array, what: string): Tombstone {
  const object = decodeFields(content, what);
  return {
    at: textField(object, 'at', what),
    host: textField(object, 'host', what),
    why: textField(object, 'why', what),
    ...rest(object, ['at', 'host', 'why']),
  };
}

/** A backup is kept whatever the policy says. */
export interface Pin extends Extensible {
  readonly at: string;
  readonly reason: string;
  /** Without it: for ever. */
  readonly until?: string;
}

export function encodePin({ at, reason, until, unknown }: Pin): Uint8Array {
  return encodeFields(present({ at, reason, until }), unknown);
}

/** Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodePin(content: Uint8Array, what: string): Pin {
  const object = decodeFields(content, what);
  const until = optionalText(object, 'until', what);
  return {
    at: textField(object, 'at', what),
    reason: textField(object, 'reason', what),
    ...(until !== undefined && { until }),
    ...rest(object, ['at', 'reason', 'until']),
  };
}

export interface ResultFinding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

/** What a verification or a drill of a backup found. */
export interface VerificationResult extends Extensible {
  readonly kind: 'verify' | 'drill';
  readonly at: string;
  readonly host: string;
  readonly tookMs: number;
  /** What was looked at, in words: `rows`, `hashkv`, `booted`. */
  readonly checked: readonly string[];
  readonly findings: readonly ResultFinding[];
  readonly verdict: 'passed' | 'failed';
}

export function encodeResult(result: VerificationResult): Uint8Array {
  const { kind, at, host, tookMs, checked, verdict } = result;
  const findings = result.findings.map(({ code, severity, message }) => ({ code, severity, message }));
  return encodeFields({ kind, at, host, tookMs, checked: [...checked], findings, verdict }, result.unknown);
}

/** Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodeResult(content: Uint8Array, what: string): VerificationResult {
  const object = decodeFields(content, what);
  const kind = textField(object, 'kind', what);
  const verdict = textField(object, 'verdict', what);
  if (kind !== 'verify' && kind !== 'drill') throw damaged(what, 'is the result of nothing known here');
  if (verdict !== 'passed' && verdict !== 'failed') throw damaged(what, 'has a verdict that is none');
  return {
    kind,
    at: textField(object, 'at', what),
    host: textField(object, 'host', what),
    tookMs: numberField(object, 'tookMs', what),
    checked: listField(object, 'checked', what),
    findings: objectList(object, 'findings', what).map((finding) => ({
      code: textField(finding, 'code', what),
      severity: textField(finding, 'severity', what),
      message: textField(finding, 'message', what),
    })),
    verdict,
    ...rest(object, ['kind', 'at', 'host', 'tookMs', 'checked', 'findings', 'verdict']),
  };
}

/** What a pruner will delete. */
export interface PruneMarker extends Extensible {
  readonly plannedAt: string;
  readonly host: string;
  /** SHA-256 of packs, hex. */
  readonly packs: readonly string[];
  /** SHA-256 of index segments, hex. */
  readonly segments: readonly string[];
}

export function encodePruneMarker({ plannedAt, host, packs, segments, unknown }: PruneMarker): Uint8Array {
  return encodeFields({ plannedAt, host, packs: [...packs], segments: [...segments] }, unknown);
}

/** Errors: REPOSITORY_DAMAGED, REPOSITORY_FORMAT_UNKNOWN. */
export function decodePruneMarker(content: Uint8Array, what: string): PruneMarker {
  const object = decodeFields(content, what);
  const digests = (name: string) => {
    const list = listField(object, name, what);
    // Names are made of these, and what they name is deleted.
    if (!list.every((digest) => /^[0-9a-f]{64}$/.test(digest))) throw damaged(what, `has no ${name}`);
    return list;
  };
  return {
    plannedAt: textField(object, 'plannedAt', what),
    host: textField(object, 'host', what),
    packs: digests('packs'),
    segments: digests('segments'),
    ...rest(object, ['plannedAt', 'host', 'packs', 'segments']),
  };
}

function rest(object: JsonObject, names: readonly string[]): Extensible {
  const unknown = unknownFields(object, names);
  return unknown === undefined ? {} : { unknown };
}
