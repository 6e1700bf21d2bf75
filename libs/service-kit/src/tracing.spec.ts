import { credentials, Metadata } from '@grpc/grpc-js';
import { FathomError } from '@fathom/errors';
import { OperationsClient } from '@fathom/contracts';
import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { createLogger, type LogLevel } from './logger.js';
import { operation, TestServers } from './test-server.fixture.js';
import { traceScope } from './trace-scope.js';
import { openTracing, type TraceOptions, type Tracing } from './tracing.js';

const endpoint = 'http://collector/v1/traces';
/** What was sent. */
const spans: ReadableSpan[] = [];
const open = (): SpanExporter => ({
  export: (sent, done) => {
    spans.push(...sent);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
});

const servers = new TestServers();
const opened: Tracing[] = [];
beforeEach(() => {
  spans.length = 0;
});
afterEach(async () => {
  await servers.closeAll();
  for (const tracing of opened.splice(0)) await tracing.close();
});

const quiet = createLogger({ name: 'n', level: 'silent' });

function tracing(name: string, options?: TraceOptions, logger = quiet): Tracing {
  const made = openTracing(name, logger, { open, ...options });
  opened.push(made);
  return made;
}

/** A server "front" whose getOperation asks the server "back" for the same. */
async function frontAndBack(options?: TraceOptions) {
  const back = tracing('back', options);
  const front = tracing('front', options);
  const metadata: Metadata[] = [];
  const behind = await servers.start({
    watch: { tracer: back.tracer },
    handlers: {
      getOperation: async ({ name }, context) => {
        metadata.push(context.metadata);
        if (name === 'none') throw new FathomError('NOT_FOUND', 'a text that nobody else should read');
        return operation(name);
      },
    },
  });
  const before = await servers.start({
    watch: { tracer: front.tracer },
    handlers: {
      getOperation: async (request) => {
        await Promise.resolve();
        traceScope()!.operation = 'd1e2';
        return behind.remote.getOperation(request);
      },
      async *watchOperation({ name }) {
        for await (const update of behind.remote.watchOperation({ name, afterSequence: 0 })) yield update;
      },
    },
  });
  const sent = async (): Promise<void> => {
    for (const each of opened.splice(0)) await each.close();
  };
  return { behind, before, metadata, sent };
}

describe('spans', () => {
  it('of a call that makes a call are one trace over both servers', async () => {
    const { before, sent } = await frontAndBack({ endpoint });
    await before.remote.getOperation({ name: 'x' });
    for await (const update of before.remote.watchOperation({ name: 'y', afterSequence: 0 })) expect(update.operation?.name).toBe('y');
    await sent();
    for (const method of ['GetOperation', 'WatchOperation']) {
      const chain = spans.filter(({ name }) => name.endsWith(method));
      const [root, middle, leaf] = [
        chain.find(({ parentSpanContext }) => !parentSpanContext)!,
        chain.find((span) => span.kind === SpanKind.CLIENT && serviceOf(span) === 'front')!,
        chain.find((span) => serviceOf(span) === 'back')!,
      ];
      expect(chain).toHaveLength(3);
      expect([serviceOf(root), root.kind, leaf.kind]).toEqual(['front', SpanKind.SERVER, SpanKind.SERVER]);
      expect(root.attributes).toMatchObject({ 'rpc.system': 'grpc', 'rpc.method': method, 'rpc.grpc.status_code': 0 });
      expect(middle.parentSpanContext).toMatchObject(idsOf(root));
      expect(leaf.parentSpanContext).toMatchObject(idsOf(middle));
    }
  });

  it('go on with the trace that a caller names, its state included, and end with the status', async () => {
    const { behind, sent } = await frontAndBack({ endpoint });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const metadata = new Metadata();
    metadata.set('traceparent', `00-${traceId}-b7ad6b7169203331-01`);
    metadata.set('tracestate', 'other=1');
    const client = new OperationsClient(behind.server.address, credentials.createInsecure());
    await new Promise((resolve) => client.getOperation({ name: 'none' }, metadata, resolve));
    client.close();
    await sent();
    expect(spans).toHaveLength(1);
    const [span] = spans;
    expect(span!.spanContext()).toMatchObject({ traceId });
    expect(span!.spanContext().traceState?.serialize()).toBe('other=1');
    expect(span!.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect([span!.attributes['rpc.grpc.status_code'], span!.status.message]).toEqual([5, 'NOT_FOUND']);
  });

  it('go nowhere by default, and name the log lines of both servers all the same', async () => {
    const { before, behind } = await frontAndBack();
    await before.remote.getOperation({ name: 'x' });
    const [front] = before.lines.filter(({ msg }) => msg === 'call');
    const [back] = behind.lines.filter(({ msg }) => msg === 'call');
    expect(front).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), operation: 'd1e2' });
    expect(back!['traceId']).toBe(front!['traceId']);
    expect(spans).toEqual([]);
  });

  it('are sent for the share that is wanted', async () => {
    const { before, sent, metadata } = await frontAndBack({ endpoint, share: 0 });
    await before.remote.getOperation({ name: 'x' });
    await sent();
    expect(metadata[0]!.get('traceparent')).toEqual([expect.stringMatching(/-00$/)]);
    expect(spans).toEqual([]);
  });

  it('are lost, with one line in the log, where no collector answers; the calls go through', async () => {
    const lines: Record<string, unknown>[] = [];
    const sink = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
    const failing = (): SpanExporter => ({ ...open(), export: (_sent, done) => done({ code: 1, error: new Error('nobody answers') }) });
    const lost = tracing('lost', { endpoint, open: failing }, createLogger({ name: 'lost', sink }));
    const { remote } = await servers.start({ watch: { tracer: lost.tracer } });
    await remote.getOperation({ name: 'x' });
    await lost.close();
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', msg: 'traces cannot be sent' })]);
  });
});

function serviceOf({ resource }: ReadableSpan): unknown {
  return resource.attributes['service.name'];
}

function idsOf(span: ReadableSpan): object {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}

it.each<[LogLevel, string[]]>([
  ['silent', []],
  ['error', ['error']],
  ['warn', ['warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['debug', ['debug', 'info', 'warn', 'error']],
])('the level %s lets %j pass', (level, passing) => {
  let text = '';
  const logger = createLogger({ name: 'n', level, sink: { write: (line) => (text += line) } });
  for (const name of ['debug', 'info', 'warn', 'error'] as const) logger[name]({}, 'm');
  expect(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { level: string }).level),
  ).toEqual(passing);
});

describe('secrets', () => {
  it('of a caller are in no log line and no span, whatever happens to the call', async () => {
    const traced = tracing('n', { endpoint });
    const handlers = {
      getOperation: async () => {
        throw new Error('a defect');
      },
    };
    const { server, lines } = await servers.start({ watch: { tracer: traced.tracer }, handlers });
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer s3cret-token');
    const client = new OperationsClient(server.address, credentials.createInsecure());
    const refused = await new Promise((resolve) => client.getOperation({ name: 'x' }, metadata, resolve));
    client.close();
    expect(refused).toMatchObject({ code: 13 });
    await traced.close();
    expect(lines.map(({ msg }) => msg)).toContain('a handler failed');
    expect(JSON.stringify(lines)).not.toContain('s3cret');
    expect(spans).toHaveLength(1);
    expect(JSON.stringify([spans[0]!.name, spans[0]!.attributes, spans[0]!.status])).not.toContain('s3cret');
  });
});
