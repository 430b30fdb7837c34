import type { Lease } from '../../api.ts';
import type { Lessor } from '../lease/index.ts';
import type { ServiceHandlers } from '../transport/index.ts';
import type { ResponseHeaders } from './response-headers.ts';
import type { WriteGate } from './write-gate.ts';

/** The Lease service. */
export function leaseMethods(
  lessor: Lessor,
  gate: WriteGate,
  headers: ResponseHeaders,
): ServiceHandlers<typeof Lease> {
  return {
    leaseGrant(request, call) {
      gate.admitWrite(call, { grows: true });
      const { id, ttlSeconds } = lessor.grant(request.ID, request.TTL);
      return { header: headers.header(), ID: id, TTL: ttlSeconds };
    },
    leaseRevoke(request, call) {
      gate.admitWrite(call, { grows: false });
      lessor.revoke(request.ID);
      return { header: headers.header() };
    },
    async leaseKeepAlive(requests, out, { signal }) {
      try {
        for await (const { ID } of requests) {
          // The header is made first: its revision must not be one at which the lease has ended already.
          const header = headers.header();
          const room = out.send({ header, ID, TTL: lessor.renew(ID) ?? 0n });
          if (room !== undefined) await room;
        }
      } catch (error) {
        // The client has gone, or the server stops.
        if (!signal.aborted) throw error;
      }
    },
    leaseTimeToLive({ ID, keys }) {
      const state = lessor.state(ID);
      if (state === undefined) return { header: headers.header(), ID, TTL: -1n };
      return {
        header: headers.header(),
        ID,
        TTL: state.leftSeconds,
        grantedTTL: state.grantedSeconds,
        keys: keys ? [...state.keys] : [],
      };
    },
    leaseLeases() {
      return { header: headers.header(), leases: lessor.ids().map((ID) => ({ ID })) };
    },
  };
}
