import { once } from 'node:events';
import { type Health, HealthCheckResponse_ServingStatus as Serving } from '../../api.ts';
import type { ServiceHandlers } from '../transport/index.ts';
import { RpcError, rpcCodes } from './rpc-error.ts';

/** grpc.health.v1: the server as a whole, called "", serves as long as it answers. */
export function healthMethods(): ServiceHandlers<typeof Health> {
  return {
    check({ service }) {
      if (service !== '') throw new RpcError(rpcCodes.notFound, 'unknown service');
      return { status: Serving.SERVING };
    },
    async watch({ service }, out, { signal }) {
      const room = out.send({ status: service === '' ? Serving.SERVING : Serving.SERVICE_UNKNOWN });
      if (room !== undefined) await room;
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
}
