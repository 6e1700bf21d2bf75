import { channel } from 'node:diagnostics_channel';
import { WORK_CHANNEL, type OperationRecord, type OperationState, type Startable, type WorkEnded } from '@fathom/operations';
import { createLogger, inTraceScope, openTracing, traceScope, type TraceScope } from '@fathom/service-kit';
import { Registry } from 'prom-client';
import { OperationWatch } from './operation-watch.js';
import { WorkMetrics } from './work-metrics.js';

interface SentSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number; readonly message?: string };
  readonly parentSpanContext?: { readonly spanId: string };
  readonly duration: readonly [number, number];
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

const spans: SentSpan[] = [];
const lines: Record<string, unknown>[] = [];
const logger = createLogger({ name: 'n', sink: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) } });
const tracing = openTracing('n', logger, {
  endpoint: 'http://collector',
  open: () => ({ export: (sent, done) => (spans.push(...(sent as unknown as SentSpan[])), done({ code: 0 })), shutdown: () => Promise.resolve() }),
});
const registry = new Registry();
const metrics = new WorkMetrics(registry);
const watch = new OperationWatch(tracing.tracer, metrics);
afterAll(() => {
  watch.close();
  metrics.close();
});

const DIGEST = 'd'.repeat(64);
const work = (ended: Partial<WorkEnded>): void =>
  channel(WORK_CHANNEL).publish({
    job: 'a.b',
    action: 'part',
    operation: DIGEST,
    tenant: 'a',
    part: 'p',
    seconds: 2,
    failure: undefined,
    ...ended,
  } satisfies WorkEnded);

function startable(run: Startable['run']): Startable {
  return { digest: DIGEST, job: 'a.b', request: {}, tenant: 'a', coordinates: false, run, isKept: async () => true };
}
const record = (state: OperationState) => ({ digest: DIGEST, tenant: 'a', job: 'a.b', state }) as OperationRecord;
const execution = { signal: new AbortController().signal, epoch: 1, report: jest.fn() };

/** Runs an operation of one call, as the runner would, to its end. */
async function operated(state: OperationState, run: Startable['run']): Promise<TraceScope> {
  const call: TraceScope = { tracer: tracing.tracer, span: tracing.tracer.startSpan('the call') };
  let running: Promise<string> = Promise.resolve('');
  const start = async (watched: Startable): Promise<OperationRecord> => {
    running = Promise.resolve().then(() => watched.run(execution));
    return record('RUNNING');
  };
  await inTraceScope(call, () => watch.start(startable(run), start));
  await running.catch(() => undefined);
  watch.ended(record(state), () => logger.info({}, 'ended'));
  call.span.end();
  return call;
}

it('an operation is counted, traced below the call that started it, and named in its log lines', async () => {
  const call = await operated('SUCCEEDED', async ({ report }) => {
    await Promise.resolve();
    logger.info({}, 'at work');
    report({ partsReused: 3 });
    report({ partsDone: 4, partsReused: 3 });
    work({ action: 'plan', part: undefined });
    work({});
    work({ failure: 'INTERNAL' });
    work({ failure: 'CANCELLED' });
    work({ operation: 'e'.repeat(64) });
    work({ tenant: 'b' });
    return traceScope()!.operation!;
  });
  const { traceId, spanId } = call.span.spanContext();
  expect(call.operation).toBe(DIGEST);
  expect(lines).toEqual(['at work', 'ended'].map((msg) => expect.objectContaining({ msg, traceId, operation: DIGEST })));
  expect(execution.report).toHaveBeenLastCalledWith({ partsDone: 4, partsReused: 3 });

  const refused = await operated('FAILED', () => Promise.reject(new Error('a text')));
  await tracing.close();
  const operation = spans.find(({ name }) => name === 'operation a.b')!;
  expect(operation.parentSpanContext?.spanId).toBe(spanId);
  expect(operation.attributes).toEqual({ 'fathom.operation': DIGEST, 'fathom.job': 'a.b', 'fathom.state': 'SUCCEEDED' });
  const below = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === operation.spanContext().spanId);
  expect(below.map(({ name, attributes, status }) => [name, attributes['fathom.part'], status.message])).toEqual([
    ['plan a.b', undefined, undefined],
    ['part a.b', 'p', undefined],
    ['part a.b', 'p', 'INTERNAL'],
    ['part a.b', 'p', 'CANCELLED'],
  ]);
  for (const span of below) expect(Math.abs(span.duration[0] + span.duration[1] / 1e9 - 2)).toBeLessThan(0.01);
  const failed = spans.filter(({ name, status }) => name === 'operation a.b' && status.code === 2);
  expect(failed.map((span) => span.spanContext().traceId)).toEqual([refused.span.spanContext().traceId]);
  expect(JSON.stringify(failed.map(({ attributes, status }) => [attributes, status]))).not.toContain('a text');

  const text = await registry.metrics();
  for (const line of [
    'fathom_parts_total{job="a.b",outcome="reused"} 3',
    'fathom_parts_total{job="a.b",outcome="computed"} 3',
    'fathom_parts_total{job="a.b",outcome="failed"} 1',
    'fathom_worker_busy_seconds_total{job="a.b",action="part"} 10',
    'fathom_worker_busy_seconds_total{job="a.b",action="plan"} 2',
    'fathom_operations_total{job="a.b",state="succeeded"} 1',
    'fathom_operations_total{job="a.b",state="failed"} 1',
  ])
    expect(text).toContain(line);
  expect(text).not.toContain(DIGEST);
});

it('an operation that goes on in another process has ended here', async () => {
  watch.ended(record('RUNNING'), () => undefined, 'LOST');
  expect(await registry.metrics()).toContain('fathom_operations_total{job="a.b",state="lost"} 1');
});

it('a result that was there already is a hit', async () => {
  await watch.start(
    startable(() => Promise.reject(new Error('not run'))),
    async () => record('SUCCEEDED'),
  );
  expect(await registry.metrics()).toContain('fathom_cache_hits_total{job="a.b"} 1');
});

it('what runs and waits is asked for when somebody looks, and only as long as it is followed', async () => {
  const load = {
    operations: [
      { job: 'a.b', waits: false },
      { job: 'a.b', waits: false },
      { job: 'a.c', waits: true },
    ],
    parts: 7,
  };
  const unfollow = watch.follow(() => load);
  const text = await registry.metrics();
  for (const line of ['fathom_operations_running{job="a.b"} 2', 'fathom_operations_waiting{job="a.c"} 1', 'fathom_parts_waiting 7'])
    expect(text).toContain(line);
  unfollow();
  expect(await registry.metrics()).not.toMatch(/fathom_operations_(running|waiting)\{/);
});
