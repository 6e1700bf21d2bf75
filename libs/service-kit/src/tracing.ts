import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import type { Logger } from './logger.js';

/** Where spans go. */
export interface TraceOptions {
  /** URL that takes OTLP over HTTP, such as "http://127.0.0.1:4318/v1/traces". @default none: spans name log lines, and are sent nowhere */
  readonly endpoint?: string;
  /** Share of the traces that begin here that is sent, 0 to 1; a caller's decision is kept. @default 1 */
  readonly share?: number;
  /** Opens the way to the endpoint. @default OTLP over HTTP */
  readonly open?: (endpoint: string) => SpanExporter;
}

/** Spans of one service. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, for a few seconds at most. Never rejects. */
  close(): Promise<void>;
}

/** How long a collector may take for a batch of spans, in milliseconds; so long may closing take. */
const SEND_MS = 3_000;

/** Opens the spans of the service `name`. A collector that does not answer costs spans and a line in the log, nothing else. */
export function openTracing(name: string, logger: Logger, { endpoint, share = 1, open = otlp }: TraceOptions = {}): Tracing {
  const exporters = endpoint === undefined ? [] : [telling(open(endpoint), logger)];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.namespace': 'fathom', 'process.pid': process.pid }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanLimits: { attributeCountLimit: 16, attributeValueLengthLimit: 128, eventCountLimit: 0, linkCountLimit: 8 },
    spanProcessors: exporters.map((to) => new BatchSpanProcessor(to, { scheduledDelayMillis: 1_000, exportTimeoutMillis: SEND_MS })),
  });
  return { tracer: provider.getTracer('fathom'), close: () => provider.shutdown().catch(() => undefined) };
}

function otlp(url: string): SpanExporter {
  return new OTLPTraceExporter({ url, timeoutMillis: SEND_MS });
}

/** The exporter, with one line in the log each time that it begins to fail. */
function telling(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !failing) logger.warn({ error: result.error }, 'traces cannot be sent');
        failing = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
