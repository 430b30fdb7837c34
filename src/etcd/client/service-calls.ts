import type { DescMethodUnary, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Calls } from './calls.ts';
import type { CallOptions } from './options.ts';
import { type ServiceName, type Services, type UnaryName, unaryNames } from './service-names.ts';

/** The requests with one answer of a service, as functions: plain object in, message out. */
export type ServiceCalls<S extends DescService> = {
  readonly [K in UnaryName<S>]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : never;
};

/** Makes the functions of a service. */
export function serviceCalls<N extends ServiceName>(service: N, calls: Calls): ServiceCalls<Services[N]> {
  const names: readonly string[] = unaryNames[service];
  const entries = names.map((method) => [
    method,
    (request: object, options?: CallOptions) => calls.unary({ service, method }, request, options),
  ]);
  return Object.fromEntries(entries) as ServiceCalls<Services[N]>;
}
