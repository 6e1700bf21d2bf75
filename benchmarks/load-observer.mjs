/** Looks at processes while they are under load: their metrics, and how long a health check takes. */
import { performance } from 'node:perf_hooks';
import grpc from '@grpc/grpc-js';
import { service } from 'grpc-health-check';

const Health = grpc.makeClientConstructor(service, 'Health');
const HEALTH_EVERY_MS = 100;
const METRICS_EVERY_MS = 2_000;

/** Milliseconds of a health check over a connection of its own, as a cluster's probe makes it; undefined where there is no answer. */
export function checkHealth(address, withinMs) {
  return new Promise((tell) => {
    const client = new Health(address, grpc.credentials.createInsecure(), { 'grpc.enable_http_proxy': 0, 'grpc.use_local_subchannel_pool': 1 });
    const begun = performance.now();
    client.check({ service: '' }, { deadline: Date.now() + withinMs }, (error) => {
      const ms = performance.now() - begun;
      client.close();
      tell(error ? undefined : ms);
    });
  });
}

/** The sum of a metric over its labels in Prometheus's text. */
function sumOf(text, name) {
  let sum = 0;
  for (const [, value] of text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))) sum += Number(value);
  return sum;
}

async function scrape(address) {
  const text = await (await globalThis.fetch(`http://${address}/metrics`)).text();
  return {
    memory: sumOf(text, 'process_resident_memory_bytes'),
    heap: sumOf(text, 'nodejs_heap_size_used_bytes'),
    cpu: sumOf(text, 'process_cpu_seconds_total'),
    requests: sumOf(text, 'fathom_requests_total'),
  };
}

/**
 * Begins to look. `end` gives, by process: samples of metrics at seconds `at`, and health checks with their milliseconds. Checks that a
 * process did not answer are counted; while it is marked `away`, since it was killed on purpose, it is not asked.
 */
export function observe(processes) {
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1_000;
  const found = processes.map(({ name, service: kind }) => ({ name, service: kind, samples: [], health: [], unanswered: 0 }));
  let isOver = false;
  const every = async (ms, look) => {
    for (let next = performance.now() + ms; !isOver; next = Math.max(next + ms, performance.now())) {
      await look();
      await new Promise((soon) => setTimeout(soon, next - performance.now()));
    }
  };
  // One process after another, so that checks do not wait for each other here.
  let turn = 0;
  const asking = every(HEALTH_EVERY_MS, async () => {
    const index = turn++ % processes.length;
    const [each, one] = [processes[index], found[index]];
    if (each.away) return;
    const at = seconds();
    const ms = await checkHealth(each.address, 5_000);
    if (ms !== undefined) one.health.push({ at, ms });
    else if (!each.away) one.unanswered += 1;
  });
  const scraping = every(METRICS_EVERY_MS, async () => {
    for (const [index, each] of processes.entries()) {
      if (each.away) continue;
      const sample = await scrape(each.metrics).catch(() => undefined);
      if (sample) found[index].samples.push({ at: seconds(), ...sample });
    }
  });
  return {
    seconds,
    end: async () => {
      isOver = true;
      await Promise.all([asking, scraping]);
      return found;
    },
  };
}
