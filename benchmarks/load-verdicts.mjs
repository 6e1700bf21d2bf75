/** What of a run is held against limits: the thresholds in k6's script, and what was seen of the processes. */

const HEALTH_MS = 50;
/** Memory is flat where the last quarter's is at most so much of the second quarter's. */
const FLAT = 1.1;

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Memory of all processes in the last quarter beside the second, as medians; of processes that were killed meanwhile it tells nothing. */
export function growth({ processes, seconds, kills }) {
  if (kills > 0) return NaN;
  const within =
    (from, to) =>
    (sum, { samples }) =>
      sum +
      quantile(
        samples.filter(({ at }) => at >= from * seconds && at < to * seconds).map(({ memory }) => memory),
        0.5,
      );
  return processes.reduce(within(0.75, 1), 0) / processes.reduce(within(0.25, 0.5), 0);
}

/** Every limit with what was found. `isTimed`: also those on times and memory. */
export function verdicts({ name, scenario, summary, processes, seconds, kills }, { isTimed }) {
  const found = [];
  for (const [metric, { thresholds = {}, values }] of Object.entries(summary.metrics))
    for (const [limit, { ok }] of Object.entries(thresholds))
      if (limit !== 'p(99)>=0') found.push({ what: `${metric}: ${limit}`, found: figure(values[limit.replace(/[<>=].*/, '')]), ok });
  const unanswered = processes.reduce((sum, each) => sum + each.unanswered, 0);
  found.push({ what: 'health checks unanswered: 0', found: String(unanswered), ok: unanswered === 0 });
  if (scenario.killEvery !== undefined) found.push({ what: 'processes killed: >0', found: String(kills), ok: kills > 0 });
  if (!isTimed) return found;
  const slowest = Math.max(...processes.flatMap(({ health }) => health.filter(({ at }) => at >= scenario.warm).map(({ ms }) => ms)));
  found.push({
    what: `health check${scenario.warm > 0 ? `, after ${scenario.warm} s` : ''}: max<${HEALTH_MS} ms`,
    found: `${slowest.toFixed(1)} ms`,
    ok: slowest < HEALTH_MS,
  });
  if (name === 'soak' && seconds >= 300) {
    const ratio = growth({ processes, seconds, kills });
    found.push({ what: `memory, last quarter of second: <=${FLAT}`, found: ratio.toFixed(3), ok: ratio <= FLAT });
  }
  return found;
}

function figure(value) {
  return value === undefined ? '' : String(Number(value.toPrecision(4)));
}
