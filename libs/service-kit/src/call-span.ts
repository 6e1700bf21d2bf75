import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InterceptingCall, status, type Interceptor, type Metadata } from '@grpc/grpc-js';
import { traceScope, type TraceScope } from './trace-scope.js';

const propagator = new W3CTraceContextPropagator();
const getter = {
  get: (metadata: Metadata, key: string) => String(metadata.get(key)[0] ?? ''),
  keys: (metadata: Metadata) => Object.keys(metadata.getMap()),
};
const setter = { set: (metadata: Metadata, key: string, value: string) => metadata.set(key, value) };

/** Opens the span of a call that a server has received, below the span that its metadata names (W3C traceparent and tracestate). */
export function serverSpan(tracer: Tracer, path: string, metadata: Metadata): TraceScope {
  const parent = propagator.extract(ROOT_CONTEXT, metadata, getter);
  return { tracer, span: tracer.startSpan(path.slice(1), { kind: SpanKind.SERVER, attributes: attributes(path) }, parent) };
}

/** For clients: gives each call a span below what runs now, and tells the server of it. Where nothing traced runs, there is none. */
export const tracedCalls: Interceptor = (options, nextCall) => {
  const { path } = options.method_definition;
  const call = nextCall(options);
  const scope = traceScope();
  if (scope === undefined) return new InterceptingCall(call);
  const span = scope.tracer.startSpan(
    path.slice(1),
    { kind: SpanKind.CLIENT, attributes: attributes(path) },
    trace.setSpan(ROOT_CONTEXT, scope.span),
  );
  return new InterceptingCall(call, {
    start: (metadata, _listener, next) => {
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), metadata, setter);
      next(metadata, {
        onReceiveStatus: (received, nextStatus) => {
          endCallSpan(span, received.code);
          nextStatus(received);
        },
      });
    },
  });
};

/** Ends the span of a call with its status. Texts stay out of it: they may quote what a user gave. */
export function endCallSpan(span: Span, code: status): void {
  span.setAttribute('rpc.grpc.status_code', code);
  if (code !== status.OK) span.setStatus({ code: SpanStatusCode.ERROR, message: status[code] });
  span.end();
}

function attributes(path: string): Record<string, string> {
  const slash = path.lastIndexOf('/');
  return { 'rpc.system': 'grpc', 'rpc.service': path.slice(1, slash), 'rpc.method': path.slice(slash + 1) };
}
