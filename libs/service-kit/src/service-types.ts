import type { MethodShape, RequestOf, ResponseOf, ServiceShape } from '@fathom/wire';
import type { CallContext } from './call-context.js';

/** A method's handler: an async function, or an async generator where the response is a stream. No request streams. */
export type Handler<M extends MethodShape> = M['requestStream'] extends true
  ? never
  : M['responseStream'] extends true
    ? (request: RequestOf<M>, context: CallContext) => AsyncIterable<ResponseOf<M>>
    : (request: RequestOf<M>, context: CallContext) => Promise<ResponseOf<M>>;

/** A handler for each method of a service. */
export type Implementation<S extends ServiceShape> = { readonly [K in keyof S]: Handler<S[K]> };

/** A service with its handlers, as {@link startServer} takes it; made by {@link implement}. */
export interface BoundService {
  /** Full name, such as "fathom.activation.v1.ActivationService". */
  readonly name: string;
  readonly definition: ServiceShape;
  readonly implementation: Readonly<Record<string, UntypedHandler>>;
}

/** A handler whose message types have been checked already, by {@link implement}. */
export type UntypedHandler = (request: unknown, context: CallContext) => Promise<unknown> | AsyncIterable<unknown>;

/** Ties handlers to a service; the compiler checks that every method is there and has the right types. */
export function implement<S extends ServiceShape>(definition: S, implementation: Implementation<S>): BoundService {
  return {
    name: serviceName(definition),
    definition,
    implementation: implementation as unknown as Readonly<Record<string, UntypedHandler>>,
  };
}

function serviceName(definition: ServiceShape): string {
  const path = Object.values(definition)[0]?.path ?? '/';
  return path.slice(1, path.lastIndexOf('/'));
}
