/**
 * Wall time, peak memory and the share of each stage of the demo, on an empty store.
 * Usage: npm run bench [-- --full]
 */
import { channel } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const built = (path) => require(join('../cli/dist', path));
const { DEMO_SIZES, demoStudy, reductions } = built('demo-study.js');
const { embedServices } = built('services.js');
const { runStudyFile } = built('run-study-file.js');
const { writeResults } = built('study-results.js');
const { openTerminal } = built('terminal.js');
const { loadConfig } = require('@fathom/platform');

const material = resolve(import.meta.dirname, '../models/fashion');
const size = { ...(process.argv.includes('--full') ? DEMO_SIZES.full : DEMO_SIZES.quick), controls: 1 };
const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-'));
const busy = new Map();
channel('fathom:work').subscribe(({ job, seconds }) => busy.set(job, (busy.get(job) ?? 0) + seconds));

const config = loadConfig({ overrides: { store: join(folder, 'store'), inputRoots: [material] } });
const started = process.hrtime.bigint();
const elapsed = () => Number(process.hrtime.bigint() - started) / 1e9;
const terminal = openTerminal(false);

const services = await embedServices(config);
const run = await runStudyFile(await demoStudy(material, size), services, terminal, new AbortController().signal);
await services.close();
const studied = elapsed();
await writeResults(config.store, run.digest, join(folder, 'out'), { title: 'Demo', reduced: reductions(size), verify: [] });
const wall = elapsed();
rmSync(folder, { recursive: true, force: true });

const total = [...busy.values()].reduce((sum, seconds) => sum + seconds, 0);
const line = (name, seconds, share) =>
  console.log(`${name.padEnd(30)} ${seconds.toFixed(2).padStart(9)} s ${share === undefined ? '' : `${(100 * share).toFixed(1).padStart(6)} %`}`);
console.log(`\n${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, ${config.threads} worker threads, Node ${process.version}`);
console.log(
  `${size.testImages} test and ${size.trainImages} training images, 8 checkpoints, ${size.noiseImages} × ${size.draws} × 3 noisy images on 2 networks\n`,
);
console.log('seconds of worker threads, by stage');
for (const [job, seconds] of [...busy].sort((a, b) => b[1] - a[1])) line(job, seconds, seconds / total);
line('all stages', total, 1);
console.log('');
line('wall time of the study', studied);
line('wall time of the report', wall - studied);
line('wall time', wall);
console.log(`worker threads busy            ${((100 * total) / (config.threads * studied)).toFixed(0).padStart(9)} %`);
console.log(`peak memory                    ${(process.resourceUsage().maxRSS / 1024).toFixed(0).padStart(9)} MiB`);
