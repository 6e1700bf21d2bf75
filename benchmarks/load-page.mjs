/** A run of benchmarks/load.mjs for people: a page with charts, without scripts, and a few lines for a terminal. */
import { growth, quantile } from './load-verdicts.mjs';

const [WIDTH, HEIGHT] = [640, 220];
const MARGIN = { left: 56, right: 12, top: 12, bottom: 28 };
const COLOURS = { activation: 'a', dictionary: 'b', complexity: 'c', importance: 'd', robustness: 'e', study: 'f' };

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --text: #1d2733; --soft: #5b6775; --line: #dfe4ea; --good: #18794e; --bad: #c62a2f;
  --a: #0b62a8; --b: #b4530a; --c: #2b7a3d; --d: #8a3ffc; --e: #a2195b; --f: #6b5900; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --text: #e6ebf1; --soft: #9aa7b5; --line: #2c3540; --good: #55c78d; --bad: #ff7b7f;
  --a: #6cb6ff; --b: #f0a35e; --c: #6ccf82; --d: #b794ff; --e: #ff7eb6; --f: #d8c24a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 1360px; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 28px 0 8px; } p { margin: 0 0 8px; } .soft { color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 8px 32px; }
figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; margin: 20px 0 4px; }
svg { width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
@media (max-width: 600px) { svg text { font-size: 19px; } }
.grid { stroke: var(--line); } .limit { stroke: var(--bad); stroke-dasharray: 5 4; } path { fill: none; stroke-width: 1.6; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; } th { color: var(--soft); font-weight: 500; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 12px 0 0; padding: 0; list-style: none; } .legend i { display: inline-block; width: 14px; height: 3px; vertical-align: middle; margin-right: 6px; }
${Object.values(COLOURS)
  .map((each) => `.${each} { stroke: var(--${each}); } i.${each} { background: var(--${each}); }`)
  .join('\n')}`;

const escaped = (text) => String(text).replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);

/** Round marks from 0 to above the greatest value. */
function marks(most) {
  const rough = Math.max(most, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => index * step);
}

function chart({ title, unit, lines, limit, seconds }) {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const ticks = marks(Math.max(...values, limit ?? 0, 0));
  const times = marks(seconds).filter((time) => time <= seconds);
  const x = (at) => MARGIN.left + (at / seconds) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value) => HEIGHT - MARGIN.bottom - (value / (ticks.at(-1) || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const across = (value, kind) =>
    `<line class="${kind}" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>`;
  const parts = ticks.map(
    (tick) =>
      `${across(tick, 'grid')}<text x="${MARGIN.left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${Number(tick.toPrecision(3))}</text>`,
  );
  for (const time of times)
    parts.push(
      `<text x="${x(time).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="${time === 0 ? 'start' : 'middle'}">${Number(time.toPrecision(3))} s</text>`,
    );
  if (limit !== undefined) parts.push(across(limit, 'limit'));
  for (const { service, points } of lines)
    if (points.length > 0)
      parts.push(`<path class="${COLOURS[service]}" d="M${points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join('L')}"/>`);
  return `<figure><figcaption>${title}, ${unit}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} over time">${parts.join('')}</svg></figure>`;
}

/** The greatest value of each of at most 120 slices of time. */
function sliced(points, seconds) {
  const width = Math.max(1, seconds / 120);
  const slices = new Map();
  for (const [at, value] of points) {
    const slice = Math.floor(at / width);
    slices.set(slice, Math.max(slices.get(slice) ?? 0, value));
  }
  return [...slices].map(([slice, value]) => [Math.min(seconds, (slice + 0.5) * width), value]);
}

/** What a counter grew by a second; a process that began anew begins at 0. */
function rates(samples, name) {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index];
    const grown = sample[name] >= before[name] ? sample[name] - before[name] : sample[name];
    return [sample.at, grown / (sample.at - before.at)];
  });
}

/** The kinds of calls with their figures, from the thresholds' tags. */
function latencies({ metrics }) {
  const warm = Object.keys(metrics).some((name) => name.startsWith('grpc_req_duration{scenario:'));
  return Object.entries(metrics)
    .filter(([name, { type }]) => name.startsWith(warm ? 'grpc_req_duration{scenario:' : 'grpc_req_duration') && type === 'trend')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { values }]) => ({ kind: /kind:(\w+)/.exec(name)?.[1] ?? 'all calls', ...values }))
    .filter(({ count }) => count > 0);
}

const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
const count = (metrics, name) => metrics[name]?.values.count ?? 0;
const healthTimes = (processes) => processes.flatMap(({ health }) => health.map((each) => each.ms));

/** One HTML file. */
export function loadPage(result) {
  const { name, processes, seconds, summary, machine, scenario, replicas, store, kills } = result;
  const lines = (points) => processes.map((each) => ({ service: each.service, points: points(each) }));
  const charts = [
    { title: 'Calls answered by each process', unit: 'a second', lines: lines(({ samples }) => sliced(rates(samples, 'requests'), seconds)) },
    {
      title: 'Health check, slowest of each moment',
      unit: 'ms',
      limit: 50,
      lines: lines(({ health }) =>
        sliced(
          health.map((each) => [each.at, each.ms]),
          seconds,
        ),
      ),
    },
    {
      title: 'Memory of each process',
      unit: 'MB',
      lines: lines(({ samples }) =>
        sliced(
          samples.map(({ at, memory }) => [at, memory / 1e6]),
          seconds,
        ),
      ),
    },
    { title: 'Processor time of each process', unit: 'seconds a second', lines: lines(({ samples }) => sliced(rates(samples, 'cpu'), seconds)) },
  ];
  const row = (cells, tag = 'td') => `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  const table = (head, rows) =>
    `<div class="scroll"><table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells)).join('')}</tbody></table></div>`;
  const held = result.verdicts.every(({ ok }) => ok);
  const services = [...new Set(processes.map(({ service }) => service))];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Fathom under load: ${name}</title><style>${STYLE}</style></head><body>
<h1>Fathom under load: ${name}</h1>
<p class="soft">${escaped(machine)}. ${scenario.clients} clients for ${seconds.toFixed(0)} s, ${replicas} replicas of each service over ${escaped(store)}${kills > 0 ? `, ${kills} processes killed and started again` : ''}.</p>
<p class="${held ? 'good' : 'bad'}">${held ? 'Everything held.' : 'Not everything held.'}</p>
<h2>What has to hold</h2>
${table(
  ['limit', 'found', ''],
  result.verdicts.map(({ what, found, ok }) => [
    escaped(what),
    escaped(found),
    ok ? '<span class="good">holds</span>' : '<span class="bad">does not hold</span>',
  ]),
)}
<h2>Times of calls, as clients see them</h2>
${table(
  ['call', 'calls', 'median', 'p95', 'p99', 'longest'],
  latencies(summary).map((each) => [
    escaped(each.kind),
    each.count.toLocaleString('en'),
    ms(each.med),
    ms(each['p(95)']),
    ms(each['p(99)']),
    ms(each.max),
  ]),
)}
<h2>Processes</h2>
<ul class="legend">${services.map((service) => `<li><i class="${COLOURS[service]}"></i>${service}</li>`).join('')}</ul>
<div class="charts">${charts.map((each) => chart({ ...each, seconds })).join('\n')}</div>
</body></html>
`;
}

/** A few lines. */
export function summaryText(result) {
  const { summary, processes, verdicts } = result;
  const { metrics } = summary;
  const times = healthTimes(processes);
  const told = latencies(summary).map(
    (each) =>
      `  ${each.kind.padEnd(10)} ${String(each.count).padStart(7)} calls  p50 ${ms(each.med)}, p95 ${ms(each['p(95)'])}, p99 ${ms(each['p(99)'])}, longest ${ms(each.max)}`,
  );
  const counted = ['answered', 'failures', 'retries', 'mismatches', 'lost'].map((name) => `${name} ${count(metrics, name)}`).join(', ');
  const failed = verdicts.filter(({ ok }) => !ok).map(({ what, found }) => `  does not hold: ${what} (${found})`);
  return [
    ...told,
    `  ${counted}${result.kills > 0 ? `; ${result.kills} processes killed` : ''}`,
    `  health: ${times.length} checks, p50 ${ms(quantile(times, 0.5))}, p99 ${ms(quantile(times, 0.99))}, longest ${ms(Math.max(...times))}${Number.isNaN(growth(result)) ? '' : `; memory, last quarter of second: ${growth(result).toFixed(3)}`}`,
    ...failed,
  ].join('\n');
}
