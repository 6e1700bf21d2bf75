import { FathomError } from '@fathom/errors';
import { asTrailers, DETAILS_TRAILER, DOMAIN, packStatus, REQUEST_ID, reasonOfCode, tooLarge } from '@fathom/wire';
import { type Metadata, ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Tracer } from '@opentelemetry/api';
import type { CallMetrics } from './call-metrics.js';
import { notedCaller, type Caller } from './caller.js';
import { endCallSpan, serverSpan } from './call-span.js';
import { sentStatus, type SentStatus } from './error-status.js';
import type { Logger } from './logger.js';
import { inTraceScope, type TraceScope } from './trace-scope.js';

interface OpenCall {
  /** True for a Fathom method, false for health and reflection. */
  readonly own: boolean;
  end(error: FathomError): void;
}

/** Who is told of calls. */
export interface CallWatch {
  readonly logger: Logger;
  /** @default no spans */
  readonly tracer?: Tracer | undefined;
  /** @default nothing is counted */
  readonly metrics?: CallMetrics | undefined;
}

/**
 * Sees every call of a server from its first header to its status: gives it a request id, writes its log line, counts and traces it, adds
 * ErrorInfo to the statuses that gRPC makes itself, and ends what is still open when the server must close.
 */
export class OpenCalls {
  readonly #open = new Set<OpenCall>();
  readonly #idle: (() => void)[] = [];

  constructor(
    private readonly watch: CallWatch,
    private readonly ownServices: ReadonlySet<string>,
  ) {}

  /** To be given to the server. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    const started = performance.now();
    const path = method.path;
    const own = this.ownServices.has(path.slice(1, path.lastIndexOf('/')));
    const { logger, tracer, metrics } = this.watch;
    const counted = metrics?.begin(path);
    let requestId = '';
    let caller: () => Caller | undefined = () => undefined;
    let scope: TraceScope | undefined;
    const entry: OpenCall = { own, end: (error) => call.sendStatus(sentStatus(error, requestId)) };
    const finish = (code: status) => {
      if (!this.#open.delete(entry)) return;
      const durationMs = performance.now() - started;
      const fields = {
        method: path,
        code: status[code],
        durationMs: Math.round(durationMs),
        requestId,
        subject: caller()?.subject,
        tenant: caller()?.tenant,
      };
      inTraceScope(scope, () => logger[own ? 'info' : 'debug'](fields, 'call'));
      counted?.(code, durationMs / 1000);
      if (scope) endCallSpan(scope.span, code);
      if (this.#open.size === 0) this.#idle.splice(0).forEach((resolve) => resolve());
    };
    // gRPC sends the statuses that it makes itself (deadline, size) past all interceptors, by this method of the call.
    const send = call.sendStatus.bind(call);
    call.sendStatus = (sent) => {
      const explained = explain(sent, requestId);
      finish(explained.code ?? status.UNKNOWN);
      send(explained);
    };
    this.#open.add(entry);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMetadata((metadata, nextMetadata) => {
              requestId = requestIdOf(metadata);
              caller = () => notedCaller(metadata);
              metadata.set(REQUEST_ID, requestId);
              if (own && tracer) scope = serverSpan(tracer, path, metadata);
              inTraceScope(scope, () => nextMetadata(metadata));
            })
            .withOnReceiveHalfClose((nextHalfClose) => inTraceScope(scope, nextHalfClose))
            .withOnCancel(() => finish(status.CANCELLED))
            .build(),
        ),
    });
  };

  /** Settles when no call of a Fathom method is open. Ends calls to health and reflection, whose streams have no end of their own. */
  async idle(): Promise<void> {
    this.endAll(false);
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends all calls that are open, with UNAVAILABLE; without `own`, only those to health and reflection. */
  endAll(own: boolean): void {
    for (const call of [...this.#open]) {
      if (own || !call.own) call.end(new FathomError('UNAVAILABLE', 'the server is shutting down'));
    }
  }
}

/** The caller's id where it is a plain word, so that nobody writes into the log; else a fresh one. */
function requestIdOf(metadata: Metadata): string {
  const given = String(metadata.get(REQUEST_ID)[0] ?? '');
  return /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

function explain(sent: SentStatus, requestId: string): SentStatus {
  const { code = status.UNKNOWN, details = '', metadata } = sent;
  if (code === status.OK || metadata?.get(DETAILS_TRAILER).length) return sent;
  const large = tooLarge(details, 'request');
  if (large) return sentStatus(large, requestId);
  const info = { reason: reasonOfCode(code), domain: DOMAIN, metadata: { requestId } };
  return { code, details, metadata: asTrailers(packStatus(code, details, { info })) };
}
