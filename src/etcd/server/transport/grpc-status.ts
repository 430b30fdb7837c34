/** How a call ended: a gRPC status code and its text. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** Codes that the transport itself answers with. */
export const statusCodes = {
  ok: 0,
  canceled: 1,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** Something that the transport itself refuses, with the status to say so. */
export class GrpcFault extends Error {
  override readonly name = 'GrpcFault';
  readonly status: GrpcStatus;

  constructor(code: number, message: string) {
    super(message);
    this.status = { code, message };
  }
}

/** The two trailers of a status. The message is percent-encoded: all but printable ASCII, and `%` itself. */
export function statusTrailers({ code, message }: GrpcStatus): Record<string, string> {
  if (code === statusCodes.ok) return { 'grpc-status': '0', 'grpc-message': '' };
  const text = Buffer.from(message).reduce((encoded, byte) => {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    return (
      encoded + (plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    );
  }, '');
  return { 'grpc-status': String(code), 'grpc-message': text };
}
