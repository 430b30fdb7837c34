import { type ByteSource, type Finding, hasCode } from '../../base/index.ts';
import { isValidMeta, maximumTxid, type Meta, readMetas } from './meta.ts';
import { pageFlags, pageHeaderSize, readPageId } from './page.ts';

/**
 * Checks the two meta pages. A file of which one serves is usable: what is wrong with the other one is a `warn`.
 * A `fail` is that neither validates, which then is the only finding, or an impossible transaction id. I/O errors throw.
 */
export function checkMetaPages(source: ByteSource): Finding[] {
  try {
    const { live, pages } = readMetas(source);
    return [
      ...pages.flatMap((meta, id) => {
        if (isValidMeta(meta) && meta.pageSize === live.pageSize) return checkHeader(source, meta, id);
        const reason = isValidMeta(meta) ? 'another page size' : meta.reason;
        return [warning('meta-invalid', id, `it is damaged (${reason}); the other one is used`)];
      }),
      ...checkAgreement(pages.filter(isValidMeta)),
      ...checkTxid(live, pages.indexOf(live)),
    ];
  } catch (error) {
    if (!hasCode(error, 'NOT_A_DATABASE')) throw error;
    return [{ severity: 'fail', code: 'meta-invalid', message: error.message }];
  }
}

/** bbolt never reads the header of a meta page to open a file, but its own check stops at a wrong one. */
function checkHeader(source: ByteSource, { pageSize }: Meta, id: number): Finding[] {
  const header = new Uint8Array(pageHeaderSize);
  source.readInto(header, id * pageSize);
  const view = new DataView(header.buffer);
  const ownId = readPageId(view, 0);
  if (ownId !== id) return [warning('page-id', id, `its header says it is page ${ownId}`)];
  const flags = view.getUint16(8, true);
  if (flags === pageFlags.meta) return [];
  return [warning('page-type', id, `its header has type 0x${flags.toString(16)}, not that of a meta page`)];
}

/** Each transaction writes one meta, so two of one transaction must be the same. */
function checkAgreement(metas: readonly Meta[]): Finding[] {
  const [first, second] = metas;
  if (first === undefined || second === undefined || first.txid !== second.txid) return [];
  const differs = (['rootId', 'freelistId', 'pageCount', 'pageSize'] as const).filter(
    (field) => first[field] !== second[field],
  );
  if (differs.length === 0) return [];
  const message = `it claims transaction ${first.txid} like meta page 0, but differs in ${differs.join(', ')}`;
  return [warning('meta-disagree', 1, `${message}; meta page 0 is used`)];
}

function checkTxid({ txid }: Meta, id: number): Finding[] {
  if (txid <= maximumTxid) return [];
  const message = `meta page ${id}: the transaction id ${txid} leaves no room for another`;
  return [{ severity: 'fail', code: 'meta-txid', message, where: { page: id } }];
}

function warning(code: string, id: number, message: string): Finding {
  return { severity: 'warn', code, message: `meta page ${id}: ${message}`, where: { page: id } };
}
