/** gRPC and a few HTTP pages on one port. Knows nothing of etcd. */
export { GrpcFault, type GrpcStatus, statusCodes } from './grpc-status.ts';
export type { HttpPage, HttpPages } from './http-pages.ts';
export { listen, type Listener, type ListenOptions } from './listen.ts';
export {
  type Call,
  EncodedMessage,
  MessageInPieces,
  type MethodHandler,
  type ResponseSink,
  type RpcMethod,
  rpcMethods,
  type ServiceHandlers,
} from './methods.ts';
export type { ServerTlsOptions } from './server-tls.ts';
