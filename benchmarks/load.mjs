/**
 * Fathom under load: replicas of the services as processes on this machine's loopback, over one store, and k6 as their clients, which
 * choose a replica for every call. Every answer is held against the first, which an undisturbed process gave beforehand.
 *
 *     npm run load -- stored             # one process answers for results that are there, 1,000 times a second
 *     npm run load -- mixed              # small studies, questions, reads and watches
 *     npm run load -- burst              # quiet, and then everybody at once
 *     npm run load -- soak               # 200 clients for ten minutes
 *     npm run load -- repeat             # the same questions at all replicas, while processes are killed
 *     npm run load -- --short            # all but soak, for a few seconds each; holds no times against limits
 *
 * Options: --seconds and --clients of a scenario, --rate of `stored`, --replicas, --store minio|folder, --out FOLDER for the page,
 * --cpu-prof FOLDER for profiles of the processes.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { folderStore, goTool, kill, minioStore, startCluster } from './load-cluster.mjs';
import { firstAnswers, inputRoots, questionsAbout, register, smallStudies } from './load-material.mjs';
import { observe } from './load-observer.mjs';
import { loadPage, summaryText } from './load-page.mjs';
import { verdicts } from './load-verdicts.mjs';

/** How much of everything. `steps`: of each question; `killEvery`: seconds between two kills. */
const SCENARIOS = {
  stored: { seconds: 20, warm: 5, clients: 20, rate: 1_000, questions: 20, steps: 1, isAnswered: true },
  mixed: { seconds: 60, clients: 20, questions: 40, studies: 3 },
  burst: { seconds: 120, clients: 200, questions: 200, steps: 1 },
  soak: { seconds: 600, warm: 20, clients: 200, questions: 120 },
  repeat: { seconds: 300, clients: 12, questions: 30, killEvery: 3 },
};
const SHORT = {
  stored: { seconds: 3, warm: 1, rate: 100, clients: 10, questions: 4 },
  mixed: { seconds: 4, clients: 3, questions: 4, studies: 1 },
  burst: { seconds: 60, clients: 30, questions: 15 },
  repeat: { seconds: 60, clients: 6, questions: 4, killEvery: 1 },
};
const PROTO = ['../proto', '../node_modules/google-proto-files'].map((folder) => resolve(import.meta.dirname, folder));
/** Seconds that k6 may take beyond what its scenario says. */
const BEYOND = 120;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    clients: { type: 'string' },
    rate: { type: 'string' },
    replicas: { type: 'string' },
    store: { type: 'string' },
    out: { type: 'string', default: resolve(import.meta.dirname, '../.cache/load') },
    'cpu-prof': { type: 'string' },
  },
});

function wholeOption(name, most) {
  const value = values[name];
  if (value === undefined) return {};
  if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > most) throw new Error(`--${name} is a whole number from 1 to ${most}`);
  return { [name]: Number(value) };
}

function chosen() {
  const names = positionals.length > 0 ? positionals : values.short ? Object.keys(SHORT) : [];
  const wrong = names.find((name) => !Object.hasOwn(SCENARIOS, name));
  if (names.length === 0 || wrong !== undefined)
    throw new Error(`${wrong === undefined ? 'name a scenario' : `there is no scenario ${wrong}`}: ${Object.keys(SCENARIOS).join(', ')}`);
  const given = { ...wholeOption('seconds', 3_600), ...wholeOption('clients', 1_000), ...wholeOption('rate', 10_000) };
  return names.map((name) => ({ name, studies: 0, steps: 4, rate: 0, warm: 0, ...SCENARIOS[name], ...(values.short ? SHORT[name] : {}), ...given }));
}

/** Runs k6; its summary, and whether every threshold held. */
async function runK6(k6, { name, folder, plan, onChild }) {
  const [planFile, summary] = [join(folder, `${name}-plan.json`), join(folder, `${name}-summary.json`)];
  writeFileSync(planFile, JSON.stringify({ ...plan, proto: PROTO, summary }));
  const script = join(import.meta.dirname, 'k6', `${name}.ts`);
  const child = spawn(k6, ['run', '--quiet', '--no-usage-report', '--address', '', '--log-format', 'raw', script], {
    // It shares the machine with what it measures: let it collect garbage more seldom.
    env: { ...process.env, FATHOM_LOAD_PLAN: planFile, GOGC: '400' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onChild(child);
  const late = setTimeout(() => child.kill('SIGKILL'), 1_000 * (plan.warm + plan.seconds + BEYOND));
  const code = await new Promise((done, fail) => child.on('error', fail).on('exit', done));
  clearTimeout(late);
  // 99: a threshold did not hold, which the summary tells.
  if (code !== 0 && code !== 99) throw new Error(`k6 ended ${name} with ${code ?? 'a signal'}`);
  return JSON.parse(readFileSync(summary, 'utf8'));
}

/** Kills one process after another, and starts each again, until what is returned is called. */
function killInTurn(cluster, everySeconds) {
  let isOver = false;
  const kills = (async () => {
    const victims = cluster.processes.filter(({ service }) => ['dictionary', 'complexity', 'importance'].includes(service));
    for (let count = 0; ;) {
      const each = victims[count % victims.length];
      each.away = true;
      await cluster.restart(each);
      each.away = false;
      count += 1;
      if (isOver) return count;
      await new Promise((soon) => setTimeout(soon, 1_000 * everySeconds));
      if (isOver) return count;
    }
  })();
  return () => {
    isOver = true;
    return kills;
  };
}

/** The digests that the questions of all scenarios have, from one process of each service over a store of its own. */
async function undisturbed(folder, scenarios, settings) {
  const services = ['activation', 'dictionary', 'complexity', 'importance'];
  const store = folderStore(folder);
  const cluster = await startCluster({ folder, services, replicas: 1, store: store.setting, settings });
  try {
    const material = await register(folder, cluster.replicas[0]);
    let all = questionsAbout(
      material,
      scenarios.reduce((sum, { questions }) => sum + questions, 0),
    );
    const plans = [];
    for (const { questions: count, steps, studies } of scenarios) {
      const questions = all.slice(0, count).map((question) => ({ steps: question.steps.slice(0, steps) }));
      all = all.slice(count);
      plans.push({ questions, expected: await firstAnswers(cluster.replicas[0], questions), studies: smallStudies(material, studies) });
    }
    return plans;
  } finally {
    await cluster.end();
  }
}

async function main() {
  const scenarios = chosen();
  const kind = values.store ?? (values.short ? 'folder' : 'minio');
  const replicas = wholeOption('replicas', 9).replicas ?? (values.short ? 2 : 3);
  const k6 = goTool('k6');
  const folder = mkdtempSync(join(tmpdir(), 'fathom-load-'));
  const open = [];
  const end = async () => {
    for (const close of open.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end().then(() => process.exit(130)));
  try {
    const settings = { inputRoots: inputRoots(folder), maxRunningOperations: 8, maxWaitingOperations: 32 };
    console.log('first answers, from undisturbed processes ...');
    const plans = await undisturbed(join(folder, 'first'), scenarios, settings);
    const store = kind === 'minio' ? await minioStore(folder) : folderStore(folder);
    open.push(store.end);
    const services = scenarios.every(({ name }) => name === 'stored')
      ? ['activation', 'dictionary']
      : ['activation', 'dictionary', 'complexity', 'importance'];
    if (scenarios.some(({ studies }) => studies > 0)) services.push('robustness', 'study');
    const cluster = await startCluster({ folder, services, replicas, store: store.setting, settings, profiles: values['cpu-prof'] });
    open.push(cluster.end);
    await register(folder, cluster.replicas[0]);
    mkdirSync(values.out, { recursive: true });
    let held = true;
    for (const [index, scenario] of scenarios.entries()) {
      const { name, clients, seconds, warm, rate, killEvery, isAnswered } = scenario;
      console.log(`\n${name}: ${clients} clients, ${replicas} replicas over ${store.name} ...`);
      if (isAnswered) await firstAnswers(cluster.replicas[0], plans[index].questions);
      const plan = {
        ...plans[index],
        replicas: isAnswered ? cluster.replicas.slice(0, 1) : cluster.replicas,
        clients,
        seconds,
        warm,
        rate,
        timed: !values.short,
      };
      const observer = observe(cluster.processes);
      const killing = killEvery === undefined ? undefined : killInTurn(cluster, killEvery);
      const summary = await runK6(k6, { name, folder, plan, onChild: (child) => open.push(() => kill(child)) });
      const kills = (await killing?.()) ?? 0;
      const took = observer.seconds();
      const processes = await observer.end();
      const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, Node ${process.version}`;
      const result = { name, scenario, replicas, store: store.name, machine, seconds: took, kills, summary, processes };
      result.verdicts = verdicts(result, { isTimed: !values.short });
      held &&= result.verdicts.every(({ ok }) => ok);
      console.log(summaryText(result));
      writeFileSync(join(values.out, `${name}.json`), JSON.stringify(result));
      writeFileSync(join(values.out, `${name}.html`), loadPage(result));
    }
    console.log(`\npages: ${resolve(values.out)}`);
    if (!held) process.exitCode = 1;
  } finally {
    await end();
  }
}

await main().catch((error) => {
  console.error(`load: ${error.message}`);
  process.exitCode = 1;
});
