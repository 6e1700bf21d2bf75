import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span, Tracer } from '@opentelemetry/api';

/** What runs now, as traces and log lines name it: a call, or an operation that a call has started. */
export interface TraceScope {
  /** Makes the spans of what this calls. */
  readonly tracer: Tracer;
  readonly span: Span;
  /** Digest of the operation, once there is one. */
  operation?: string;
}

const scopes = new AsyncLocalStorage<TraceScope>();

/** The call or operation that this code runs for; undefined where it runs for none. */
export function traceScope(): TraceScope | undefined {
  return scopes.getStore();
}

/** Runs something, and whatever it starts, for a call or an operation. */
export function inTraceScope<T>(scope: TraceScope | undefined, body: () => T): T {
  return scope === undefined ? body() : scopes.run(scope, body);
}

/** What a log line says of the scope that it is written in. */
export function scopeFields(): { traceId?: string; operation?: string } {
  const scope = scopes.getStore();
  if (scope === undefined) return {};
  return { traceId: scope.span.spanContext().traceId, ...(scope.operation === undefined ? {} : { operation: scope.operation }) };
}
