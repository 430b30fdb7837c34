import type { ImportResult } from '../../../operations/import/index.ts';
import type { View } from '../view.ts';
import { type RecordField, recordView } from './record-view.ts';

/** What a backup was, and what was written. */
export function importView(result: ImportResult): View {
  const record = recordView(recordOf(result), simpleLines(result));
  return {
    ...record,
    json: () => ({
      ...(record.json() as object),
      files: result.files.map((file) => ({ ...file })),
      members: result.members,
      facts: result.facts,
      chain: result.chain === undefined ? null : { ...result.chain },
      log: result.log === undefined ? null : { ...result.log },
      bundle:
        result.bundle === undefined
          ? null
          : { path: result.bundle.path, files: result.bundle.files.map((file) => ({ ...file })) },
      notUsed: result.notUsed.map((item) => ({ ...item })),
      warnings: result.warnings,
    }),
  };
}

function recordOf({ out, format, digest, status, compactRevision, ...rest }: ImportResult): RecordField[] {
  return [
    { title: 'File', json: 'file', value: out },
    { title: 'Format', json: 'format', value: format },
    { title: 'Digest', json: 'digest', value: digest },
    { title: 'Revision', json: 'revision', value: status.revision },
    { title: 'Compacted', json: 'compactRevision', value: compactRevision },
    { title: 'Hash', json: 'hash', value: status.hash, text: status.hash.toString(16) },
    { title: 'Keys', json: 'totalKeys', value: status.totalKeys },
    { title: 'Size', json: 'sizeBytes', value: rest.sizeBytes },
    { title: 'Version', json: 'version', value: status.version ?? '' },
    { title: 'Cluster version', json: 'clusterVersion', value: rest.clusterVersion ?? '' },
    { title: 'SHA-256', json: 'sha256', value: rest.fileSha256 },
  ];
}

function simpleLines({ out, format, files, digest, status, chain, log, ...rest }: ImportResult): string[] {
  const layers = [...new Set(files.flatMap((file) => file.layers))];
  const packed = layers.length === 0 ? '' : `, packed in ${layers.join(', ')}`;
  const proof = digest === 'verified' ? 'its digest matches' : 'it came without a digest';
  const facts = Object.entries(rest.facts).map(([name, value]) => `  ${name}: ${value}`);
  return [
    `Recognised as ${format}${packed}; ${proof}`,
    ...facts,
    ...(chain === undefined
      ? []
      : [
          `Applied ${chain.appliedEvents} events of ${chain.deltas} deltas on revision ${chain.fullRevision}`,
        ]),
    ...(log === undefined
      ? []
      : [
          `Applied ${log.appliedEntries} entries of the log; left out ${log.uncommittedEntries} not known to be committed`,
        ]),
    ...(rest.bundle === undefined
      ? []
      : [`Not part of it: ${rest.bundle.files.length} files in ${rest.bundle.path}`]),
    ...rest.notUsed.map(({ path, why }) => `Not used: ${path} (${why})`),
    `Snapshot written to ${out}: revision ${status.revision}, ${status.totalKeys} keys, ${rest.sizeBytes} bytes`,
  ];
}
