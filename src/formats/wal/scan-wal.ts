import { type ByteSource, crc32c, hasCode } from '../../base/index.ts';
import { decodeFrameSize, frameHeaderBytes } from './frame.ts';
import { FrameWindow } from './frame-window.ts';
import { decodeWalRecord, type WalRecordType, walRecordTypes } from './record.ts';
import { walCorrupt } from './wal-error.ts';

/** A segment to read: its file name and its bytes. */
export interface WalSegment {
  readonly name: string;
  readonly source: ByteSource;
}

/** A record whose checksum has been verified. */
export interface ScannedRecord {
  readonly type: WalRecordType;
  /** View that is overwritten by the next record; empty for a checksum record. */
  readonly data: Uint8Array;
  /** Position of the segment in the list. */
  readonly segment: number;
  /** Byte offset of the frame within its segment. */
  readonly offset: number;
  /** Byte offset of `data` within the segment. */
  readonly dataOffset: number;
}

/** Where reading ended. */
export interface WalEnd {
  /** Running checksum after the last record. */
  readonly crc: number;
  /** Name of the last segment, or '' when there was none. */
  readonly segment: string;
  /** Byte offset after the last whole record of the last segment. */
  readonly offset: number;
  /** Why the log ends here, when it is not a clean end: a write that the crash cut off. */
  readonly torn: string | undefined;
}

const sectorBytes = 512;

/**
 * Reads every record of consecutive segments in order, as etcd does: the checksum runs across segments, a zero length
 * or the end of the file ends a segment, and a damaged record is forgiven only as the torn last write of the last
 * segment (cut off by the end of the file, or with a 512-byte sector that was never written).
 *
 * Throws WAL_CORRUPT with segment and offset for anything else.
 * Source: etcd server/storage/wal/{decoder,wal}.go (3.6.14).
 */
export function scanWal(segments: readonly WalSegment[], visit: (record: ScannedRecord) => void): WalEnd {
  let crc = 0;
  let end: WalEnd = { crc, segment: '', offset: 0, torn: undefined };
  segments.forEach((segment, i) => {
    end = new SegmentScan(segment, i, i === segments.length - 1, crc).run(visit);
    crc = end.crc;
  });
  return end;
}

/** The reading of one segment. */
class SegmentScan {
  readonly #segment: WalSegment;
  readonly #index: number;
  readonly #isLast: boolean;
  readonly #window: FrameWindow;
  #crc: number;
  #offset = 0;

  constructor(segment: WalSegment, index: number, isLast: boolean, crc: number) {
    this.#segment = segment;
    this.#index = index;
    this.#isLast = isLast;
    this.#window = new FrameWindow(segment.source);
    this.#crc = crc;
  }

  run(visit: (record: ScannedRecord) => void): WalEnd {
    let torn: string | undefined;
    for (;;) {
      const frame = this.#nextFrame();
      if (frame === 'end') break;
      if (typeof frame === 'string') {
        torn = this.#tornOrThrow(frame);
        break;
      }
      const record = this.#checkedRecord(frame);
      if (typeof record === 'string') {
        if (!this.#hasBlankSector(frame.body)) throw this.#corrupt(record);
        torn = this.#tornOrThrow(record);
        break;
      }
      this.#visitAt(record, frame.record, visit);
      this.#offset += frameHeaderBytes + frame.body.length;
    }
    return { crc: this.#crc, segment: this.#segment.name, offset: this.#offset, torn };
  }

  /** The next frame's bytes, 'end', or what is wrong with it. */
  #nextFrame(): { record: Uint8Array; body: Uint8Array } | string {
    const left = this.#segment.source.sizeBytes - this.#offset;
    if (left === 0) return 'end';
    const header = this.#window.view(this.#offset, frameHeaderBytes);
    if (header.length < frameHeaderBytes) return 'length field cut off';
    const field = new DataView(header.buffer, header.byteOffset, frameHeaderBytes);
    if (field.getBigUint64(0, true) === 0n) return 'end';
    const { recordBytes, paddingBytes } = decodeFrameSize(field);
    const bodyBytes = recordBytes + paddingBytes;
    if (bodyBytes > left - frameHeaderBytes) {
      return `record of ${recordBytes} bytes does not fit the ${left - frameHeaderBytes} bytes that are left`;
    }
    const body = this.#window.view(this.#offset + frameHeaderBytes, bodyBytes);
    if (body.length < bodyBytes) return 'record cut off';
    return { record: body.subarray(0, recordBytes), body };
  }

  /** Decodes a record and verifies its checksum; a text says what is wrong with it. */
  #checkedRecord(frame: { record: Uint8Array }): { type: bigint; data: Uint8Array } | string {
    let record: ReturnType<typeof decodeWalRecord>;
    try {
      record = decodeWalRecord(frame.record);
    } catch (error) {
      if (hasCode(error, 'RECORD_INVALID')) return `record does not decode (${error.message})`;
      throw error;
    }
    if (record.type === BigInt(walRecordTypes.checksum)) {
      // A running value of 0 means that reading starts here: the segments before may have been purged.
      if (this.#crc !== 0 && this.#crc !== record.crc) throw this.#corrupt('checksum chain broken');
      this.#crc = record.crc;
      return record;
    }
    const crc = crc32c(record.data, this.#crc);
    if (crc !== record.crc) return 'checksum mismatch';
    this.#crc = crc;
    return record;
  }

  #visitAt(
    { type: wideType, data }: { type: bigint; data: Uint8Array },
    recordBytes: Uint8Array,
    visit: (record: ScannedRecord) => void,
  ): void {
    const type = Number(wideType);
    if (!isRecordType(type)) throw this.#corrupt(`unknown record type ${wideType}`);
    // `data` is a view into the record's bytes, or a fresh empty array.
    const dataStart = data.length === 0 ? 0 : data.byteOffset - recordBytes.byteOffset;
    const dataOffset = this.#offset + frameHeaderBytes + dataStart;
    visit({ type, data, segment: this.#index, offset: this.#offset, dataOffset });
  }

  #tornOrThrow(what: string): string {
    if (!this.#isLast) throw this.#corrupt(what);
    return what;
  }

  /** Whether a sector that the body touches holds only zeros: the disk never got it. */
  #hasBlankSector(body: Uint8Array): boolean {
    let at = this.#offset + frameHeaderBytes;
    for (let from = 0; from < body.length; ) {
      const length = Math.min(sectorBytes - (at % sectorBytes), body.length - from);
      if (body.subarray(from, from + length).every((byte) => byte === 0)) return true;
      from += length;
      at += length;
    }
    return false;
  }

  #corrupt(what: string): Error {
    return walCorrupt(what, this.#segment.name, this.#offset);
  }
}

function isRecordType(type: number): type is WalRecordType {
  return type >= walRecordTypes.metadata && type <= walRecordTypes.snapshot;
}
