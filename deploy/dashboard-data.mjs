/** Asks a Prometheus for what the Grafana dashboard would ask it for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './compose-file.mjs';

/** Queries of the dashboard, as Grafana would send them with all instances chosen and a scrape each second. */
export function dashboardQueries() {
  const { panels } = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/fathom.json'), 'utf8'));
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, query: expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '4s') })),
  );
}

async function ask(address, path, parameters = {}) {
  const answer = await globalThis.fetch(`http://${address}/api/v1/${path}?${new globalThis.URLSearchParams(parameters)}`);
  const { status, data, error } = await answer.json();
  if (status !== 'success') throw new Error(`Prometheus refuses ${path} ${JSON.stringify(parameters)}: ${error}`);
  return data;
}

/** Targets of a Prometheus, as `address state`; a target that is not up tells why. */
export async function targetsOf(address) {
  const { activeTargets } = await ask(address, 'targets', { state: 'active' });
  return activeTargets.map(({ labels, health, lastError }) => `${labels.instance} ${health}${lastError && `: ${lastError}`}`).sort();
}

/** What the dashboard's variable `instance` offers. */
export function instancesOf(address) {
  return ask(address, 'label/instance/values', { 'match[]': 'process_resident_memory_bytes' });
}

/** Queries of the dashboard that have no number at all between two moments, in seconds of the epoch. */
export async function queriesWithoutData(address, start, end) {
  const answers = await Promise.all(
    dashboardQueries().map(async ({ title, query }) => {
      const { result } = await ask(address, 'query_range', { query, start, end, step: 1 });
      return { asked: `${title}: ${query}`, isThere: result.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value)))) };
    }),
  );
  return answers.filter(({ isThere }) => !isThere).map(({ asked }) => asked);
}
