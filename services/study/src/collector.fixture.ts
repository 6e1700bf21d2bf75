import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it arrives. */
export interface ReceivedSpan {
  /** Name of the service that sent it. */
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  readonly seconds: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly traceState: string;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Record<'name' | 'traceId' | 'spanId' | 'parentSpanId' | 'traceState', string> & {
        readonly kind: number;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes: readonly Attribute[];
      })[];
    }[];
  }[];
}

/** Takes OTLP over HTTP, as JSON, on a real port. */
export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that came, as it came. */
  text = '';
  private readonly server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      this.text += body;
      this.keep(JSON.parse(body) as Batch);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/traces`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** The span with the id. */
  byId(spanId: string): ReceivedSpan | undefined {
    return this.spans.find((span) => span.spanId === spanId);
  }

  private keep({ resourceSpans }: Batch): void {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans)
        for (const { startTimeUnixNano, endTimeUnixNano, attributes, ...span } of spans) {
          const seconds = Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e9;
          this.spans.push({ ...span, service: String(valuesOf(resource.attributes)['service.name']), seconds, attributes: valuesOf(attributes) });
        }
  }
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
