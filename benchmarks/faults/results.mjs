/** Keeps what scenarios found in benchmarks/results/faults.json, and writes it into docs/reliability.md, between its markers. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';

const RESULTS = resolve(import.meta.dirname, '../results/faults.json');
const PAGE = resolve(import.meta.dirname, '../../docs/reliability.md');

const kept = () => (existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {});

/** Replaces what a scenario found before. */
export function keepResults(scenario, { seed, seconds, undisturbed, found }) {
  const machine = { processor: cpus()[0]?.model.trim(), processors: availableParallelism(), node: process.version };
  const { digest, parts, seconds: alone } = undisturbed;
  const result = { machine, seed, seconds, undisturbed: { digest, parts: parts.size, seconds: alone }, found };
  writeFileSync(RESULTS, `${JSON.stringify({ ...kept(), [scenario]: result }, null, 2)}\n`);
}

const cell = (text) =>
  String(text)
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ');
const table = (head, lines) => [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
/** Digests, and addresses of a run, tell a reader nothing. */
const shortened = (text) => text.replaceAll(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…').replaceAll(/unix:\S+\/([a-z0-9-]+\.socket)/g, '$1');

/** Runs with the same title as one line. */
function linesOf(found) {
  const groups = new Map();
  for (const each of found) groups.set(each.title ?? each.what, [...(groups.get(each.title ?? each.what) ?? []), each]);
  const sum = (runs, name) => runs.reduce((all, each) => all + (each[name] ?? 0), 0);
  return [...groups].map(([title, runs]) => [
    runs.length > 1 ? `${title}, in ${runs.length} studies` : title,
    runs.every(({ broken }) => broken.length === 0) ? 'held' : `**did not hold**: ${runs.flatMap(({ broken }) => broken).join('; ')}`,
    sum(runs, 'again'),
    sum(runs, 'inFlight'),
    `${Math.round(sum(runs, 'seconds'))} s`,
    shortened(runs.find(({ said }) => said !== undefined)?.said ?? ''),
  ]);
}

/** Writes the table, of those scenarios that have results, in this order. */
export function writeFaultsSection(scenarios) {
  const results = kept();
  const there = scenarios.filter((name) => results[name] !== undefined);
  if (there.length === 0) return;
  const { machine, undisturbed } = results[there[0]];
  const seeds = [...new Set(there.map((name) => results[name].seed))].join(', ');
  const head = ['fault', 'found', 'finished parts computed again', 'parts in flight computed twice', 'time', 'a line of the log'];
  const section = [
    `${machine.processor}, ${machine.processors} processors, Node ${machine.node}, with other work beside it; seed ${seeds}. The study has ${undisturbed.parts} parts.`,
    table(
      head,
      there.flatMap((name) => linesOf(results[name].found)),
    ),
  ].join('\n\n');
  const text = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    text.replace(/(<!-- faults -->)[^]*(<!-- \/faults -->)/, (_, begin, end) => `${begin}\n\n${section}\n\n${end}`),
  );
}
