import type {
  DescMethod,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Calls } from './calls.ts';
import type { CallOptions } from './options.ts';

type UnaryName<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodUnary ? K : never;
}[keyof S['method']];

/** The requests with one answer of a service, as functions: plain object in, message out. */
export type ServiceCalls<S extends DescService> = {
  readonly [K in UnaryName<S>]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : never;
};

/** Makes the functions of a service. */
export function serviceCalls<S extends DescService>(service: S, calls: Calls): ServiceCalls<S> {
  const unary = Object.values<DescMethod>(service.method).filter(
    (method): method is DescMethodUnary => method.methodKind === 'unary',
  );
  const entries = unary.map((method) => [
    method.localName,
    (request: MessageInitShape<typeof method.input>, options?: CallOptions) =>
      calls.unary(method, request, options),
  ]);
  return Object.fromEntries(entries) as ServiceCalls<S>;
}
