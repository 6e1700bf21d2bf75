import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SERVICES, type ServiceName } from '@fathom/platform';
import { HealthClients, READY } from '@fathom/service-kit';
import { Collector, type ReceivedSpan } from './collector.fixture.js';
import { sixProcesses, type SixProcesses } from './six-processes.fixture.js';
import { smallStudy } from './small-material.fixture.js';

jest.setTimeout(300_000);

const collector = new Collector();
const health = new HealthClients({ deadlineMs: 2_000 });
const exposed = new Map<ServiceName, string>();
let six: SixProcesses;
let operation: string;

/** The port that a service has said it opened. */
const portOf = (name: ServiceName, what: RegExp): string => six.log(name).find(({ msg }) => what.test(String(msg)))!['address'] as string;

beforeAll(async () => {
  const traces = await collector.listen();
  six = await sixProcesses({ FATHOM_METRICS_ADDRESS: ':0', FATHOM_HEALTH_ADDRESS: ':0', FATHOM_TRACES: traces });
  const spec = await smallStudy(six.folder, six.clients);
  for (let twice = 0; twice < 2; twice += 1) {
    const started = await six.clients.study.startStudy({ spec });
    const ended = await six.clients.ended('study', started.operation);
    operation = ended.name.replace('operations/', '');
  }
  for (const name of SERVICES) exposed.set(name, await (await fetch(`http://${portOf(name, /metrics/)}/metrics`)).text());
  for (const name of SERVICES) await six.end(name, 'SIGTERM');
});
afterAll(async () => {
  health.close();
  await six.close();
  await collector.close();
});

/** The spans from one up to the root of its trace. */
function lineage(span: ReceivedSpan): ReceivedSpan[] {
  const above = span.parentSpanId ? collector.byId(span.parentSpanId) : undefined;
  return [span, ...(above ? lineage(above) : [])];
}

it('a study is one trace: its call, its operation, the calls to other services, their operations, and the parts in worker threads', () => {
  const part = collector.spans.find(({ name, service }) => service === 'activation' && name === 'part activation.extract')!;
  const line = lineage(part);
  expect(line.map(({ service, name }) => `${service}: ${name}`)).toEqual([
    'activation: part activation.extract',
    'activation: operation activation.extract',
    'activation: fathom.activation.v1.ActivationService/StartExtract',
    'study: fathom.activation.v1.ActivationService/StartExtract',
    'study: operation study.run',
    'study: fathom.study.v1.StudyService/StartStudy',
  ]);
  expect(new Set(line.map(({ traceId }) => traceId)).size).toBe(1);
  expect(line[4]!.attributes).toMatchObject({ 'fathom.operation': operation, 'fathom.state': 'SUCCEEDED' });
  expect(part.seconds).toBeGreaterThan(0);
  const services = collector.spans.filter(({ traceId }) => traceId === part.traceId).map(({ service }) => service);
  expect(new Set(services)).toEqual(new Set(SERVICES));
});

it('the log lines of every service name the trace and the operation', () => {
  const { traceId } = collector.spans.find(({ name }) => name === 'operation study.run')!;
  for (const name of SERVICES) {
    const ends = six.log(name).filter(({ msg, traceId: of }) => msg === 'operation ended' && of === traceId);
    expect(ends.length).toBeGreaterThan(0);
    for (const { operation: digest } of ends) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const calls = six.log(name).filter(({ msg, method }) => msg === 'call' && /\/Start/.test(String(method)));
    for (const call of calls)
      expect(call).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), operation: expect.stringMatching(/^[0-9a-f]{64}$/) });
  }
});

/** Names of the metrics that an expression reads. */
function metricsOf(expression: string): string[] {
  return [...expression.replaceAll(/\{[^}]*\}|"[^"]*"|\bby \([^)]*\)/g, '').matchAll(/\b(?:fathom|process|nodejs)_[a-z0-9_]+/g)].map(
    ([name]) => name,
  );
}

describe('the dashboard', () => {
  const file = resolve(__dirname, '../../../deploy/grafana/fathom.json');
  interface Panel {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
    readonly panels?: readonly Panel[];
  }
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: readonly Panel[] };
  const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const targets = all.flatMap(({ title, targets: ofPanel = [] }) => ofPanel.map(({ expr }) => ({ title, expr })));

  it('shows requests, latency, queue, parts, bytes, cache hits, engine time and memory', () => {
    for (const name of [
      'fathom_requests_total',
      'fathom_request_seconds_bucket',
      'fathom_operations_running',
      'fathom_operations_waiting',
      'fathom_parts_waiting',
      'fathom_parts_total',
      'fathom_store_bytes_total',
      'fathom_store_seconds_bucket',
      'fathom_cache_hits_total',
      'fathom_engine_seconds_total',
      'process_resident_memory_bytes',
    ])
      expect(targets.some(({ expr }) => metricsOf(expr).includes(name))).toBe(true);
  });

  it.each(targets)('$title reads what the services expose: $expr', ({ expr }) => {
    const names = metricsOf(expr);
    expect(names.length).toBeGreaterThan(0);
    const text = [...exposed.values()].join('\n');
    // Nothing runs or waits when it is looked.
    const empty = ['fathom_operations_running', 'fathom_operations_waiting'];
    for (const name of names) expect(text).toMatch(new RegExp(empty.includes(name) ? `^# TYPE ${name} gauge$` : `^${name}[ {]`, 'm'));
  });
});

it('what the services did is counted: engines, threads, bytes, parts and results that were there', () => {
  const value = (name: ServiceName, series: string): number => {
    const line = exposed
      .get(name)!
      .split('\n')
      .find((each) => each.startsWith(series));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  expect(value('activation', 'fathom_engine_seconds_total{work="pass"}')).toBeGreaterThan(0);
  expect(value('complexity', 'fathom_engine_seconds_total{work="product"}')).toBeGreaterThan(0);
  expect(value('activation', 'fathom_store_bytes_total{direction="written"}')).toBeGreaterThan(10_000);
  expect(value('dictionary', 'fathom_store_bytes_total{direction="read"}')).toBeGreaterThan(10_000);
  expect(value('dictionary', 'fathom_parts_total{job="dictionary.fit",outcome="computed"}')).toBeGreaterThan(0);
  expect(value('study', 'fathom_cache_hits_total{job="study.run"}')).toBe(1);
  const method = 'service="fathom.study.v1.StudyService",method="StartStudy"';
  expect(value('study', `fathom_requests_total{${method},code="OK"}`)).toBe(2);
  for (const text of exposed.values()) expect(text).not.toMatch(/[0-9a-f]{64}/);
});

it('a process that has left its health port says nothing there', async () => {
  expect(await health.check(portOf('study', /readiness/), READY)).toBe('unreachable');
});
