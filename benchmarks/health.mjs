/**
 * How long a health check of a complexity service takes while it probes at (or near) the paper's scale with all threads: a call every
 * 20 ms, each over a connection of its own, as a Kubernetes probe makes it, from another thread than the server's. Meanwhile somebody looks
 * at the operation and at the activations that it reads, once a second.
 *
 * Usage: node benchmarks/health.mjs [--rows 20000] [--widths 2048x2] [--features 10000] [--threads <processors>]
 */
import { rmSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { parseWidths, scaleData } from './scale-data.mjs';

const require = createRequire(import.meta.url);
const EVERY_MS = 20;
/** What a probe of a cluster may wait for, in milliseconds. */
const WANTED_MS = 50;

if (isMainThread) await main();
else await callHealth(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '20000' },
      widths: { type: 'string', default: '2048x2' },
      features: { type: 'string', default: '10000' },
      threads: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const [rows, features, threads] = [values.rows, values.features, values.threads].map(Number);
  const { store, activations, codes } = await scaleData({ rows, widths: parseWidths(values.widths), features: [features] });
  for (const folder of ['operations', 'results', 'parts']) rmSync(join(store, folder), { recursive: true, force: true });

  const { ArtifactClient, ComplexityClient, OperationsClient } = require('@fathom/contracts');
  const { loadConfig, serve } = require('@fathom/platform');
  const { complexityService } = require('@fathom/service-complexity');
  const { connect, createLogger } = require('@fathom/service-kit');
  const folder = mkdtempSync(join(tmpdir(), 'fathom-health-'));
  const address = `unix:${join(folder, 'socket')}`;
  const config = loadConfig({ overrides: { store, threads, insecure: true } });
  const served = await serve([complexityService], {
    name: 'complexity',
    address,
    config,
    logger: createLogger({ name: 'complexity', level: 'error' }),
  });
  const clients = [ComplexityClient, OperationsClient, ArtifactClient].map((client) => connect(client, address));
  const [complexity, operations, artifacts] = clients;
  const probe = new Worker(new URL(import.meta.url), { workerData: address });
  try {
    await once(probe);
    const idle = await called(probe);
    const began = process.hrtime.bigint();
    const request = { activations: { contentDigest: activations }, codes: { contentDigest: codes[features] }, layers: [] };
    let { operation } = await complexity.startMeasure(request);
    while (operation.result === undefined && operation.error === undefined) {
      await artifacts.getArtifact({ artifact: request.activations });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      ({ operation } = await operations.getOperation({ name: operation.name }));
    }
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    if (operation.error) throw new Error(operation.error.message);
    const busy = await called(probe);
    console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, ${threads} threads, Node ${process.version}`);
    console.log(`${rows} rows, layers of ${values.widths}, ${features} features: ${seconds.toFixed(1)} s\n`);
    console.log(`${'health checks'.padEnd(24)} ${'calls'.padStart(7)} ${'p50'.padStart(9)} ${'p99'.padStart(9)} ${'max'.padStart(9)}`);
    for (const [name, times] of [
      ['idle', idle],
      ['while it probes', busy],
    ])
      console.log(
        `${name.padEnd(24)} ${String(times.length).padStart(7)} ${[0.5, 0.99, 1].map((share) => `${quantile(times, share).toFixed(1)} ms`.padStart(9)).join(' ')}`,
      );
    console.log(`\nanswered within ${WANTED_MS} ms: ${busy.filter((ms) => ms < WANTED_MS).length} of ${busy.length}`);
  } finally {
    await probe.terminate();
    for (const client of clients) client.close();
    await served.close();
    rmSync(folder, { recursive: true });
  }
}

/** The calls since the last time, in milliseconds. */
async function called(probe) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  probe.postMessage('report');
  return once(probe);
}

function once(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function quantile(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The body of the thread that calls. */
async function callHealth(address) {
  const { credentials, makeClientConstructor } = require('@grpc/grpc-js');
  const { service } = require('grpc-health-check');
  const Health = makeClientConstructor(service, 'Health');
  let times = [];
  const call = () =>
    new Promise((resolve, reject) => {
      const client = new Health(address, credentials.createInsecure());
      const began = process.hrtime.bigint();
      client.check({ service: '' }, (error) => {
        client.close();
        if (error) return reject(error);
        times.push(Number(process.hrtime.bigint() - began) / 1e6);
        resolve();
      });
    });
  for (let i = 0; i < 50; i += 1) await call(); // compiled by then
  times = [];
  parentPort.on('message', () => {
    parentPort.postMessage(times);
    times = [];
  });
  parentPort.postMessage('ready');
  for (;;) {
    await call();
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
