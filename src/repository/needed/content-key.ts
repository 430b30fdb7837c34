import { formatHex } from '../../base/index.ts';
import type { PieceType } from '../pack/index.ts';

/** A content by its type and id, as one text. */
export function contentKey(type: PieceType, id: Uint8Array): string {
  return `${type} ${formatHex(id)}`;
}
