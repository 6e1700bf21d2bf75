/**
 * Everything that a fault may strike: MinIO, and the six services as processes, each with a configuration of its own and a proxy of its
 * own before the store, so that it is known who asks the store for what.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { kill } from '../load-cluster.mjs';
import { inputRoots } from '../load-material.mjs';
import { FaultProxy } from './fault-proxy.mjs';
import { BUCKET, startMinio } from './store-process.mjs';

export const SERVICES = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];
/** So short that a dead holder's work is soon taken over; in production it is four times as long. */
export const LEASE_MS = 2_000;
const MOST_STARTING_MS = 60_000;
const PART = /\/parts\/([0-9a-f]{64})\/([^?]+)/;

const monotonicSeconds = () => Number(process.hrtime.bigint()) / 1e9;

/**
 * @param folder for everything that is written
 * @param replicas of each service
 * @param data where MinIO keeps its objects
 * @param preload scripts that each process loads before its own
 * @param env more of the processes' environment
 * @param network where services are in other namespaces: `of(service)` with `command` (before that of the process), `host` (its own) and
 *   `store` (where it reaches the proxies), `settings` of all, and `connection` of clients
 */
export async function openHouse({ folder, replicas = 1, data = join(folder, 'minio'), preload = [], env: more = {}, network }) {
  mkdirSync(folder, { recursive: true });
  const store = await startMinio(data);
  const processes = [];
  const finished = new Map();
  const temporary = join(folder, 'tmp');
  const witness = join(folder, 'witness.jsonl');
  mkdirSync(temporary);
  writeFileSync(witness, '');

  /** Remembers which parts the store has taken, and when each was there for the first time. */
  const note = (request, status) => {
    const [, operation, part] = (request.method === 'PUT' && PART.exec(request.url)) || [];
    if (part === undefined || status !== 200) return;
    const key = `${operation}/${decodeURIComponent(part)}`;
    if (!finished.has(key)) finished.set(key, monotonicSeconds());
  };

  const addressesOf = (replica) =>
    Object.fromEntries(
      SERVICES.map((service, index) => [
        service,
        network === undefined ? `unix:${join(folder, `${service}-${replica}.socket`)}` : `${network.of(service).host}:${7301 + index}`,
      ]),
    );
  const addresses = Array.from({ length: replicas }, (_, replica) => addressesOf(replica));
  for (const [replica, known] of addresses.entries())
    for (const service of SERVICES) {
      const name = replicas === 1 ? service : `${service}-${replica}`;
      const place = network?.of(service);
      const proxy = new FaultProxy(store.endpoint, place?.store);
      await proxy.start();
      const [config, log] = [join(folder, `${name}.json`), join(folder, `${name}.log`)];
      const each = {
        name,
        service,
        replica,
        proxy,
        config,
        log,
        command: place?.command ?? [],
        requests: 0,
        onRequest: undefined,
        onAnswer: undefined,
      };
      // No rule that changes anything: it counts.
      proxy.next({ kind: 'delay', ms: 0 }, { matches: (seen) => (each.onRequest?.(++each.requests, seen), false) });
      proxy.onAnswer = (request, status) => {
        note(request, status);
        each.onAnswer?.(each.requests, request);
      };
      const s3 = { endpoint: proxy.endpoint, ...store.access };
      const settings = { store: { location: `s3://${BUCKET}`, s3 }, threads: 1, leaseMs: LEASE_MS, inputRoots: inputRoots(folder), addresses: known };
      writeFileSync(config, JSON.stringify({ ...settings, ...(network?.settings ?? { insecure: true }) }), { mode: 0o600 });
      processes.push(each);
    }

  const start = async (each) => {
    const script = resolve(import.meta.dirname, '../../services', each.service, 'dist/main.js');
    const before = existsSync(each.log) ? readFileSync(each.log, 'utf8').length : 0;
    const output = openSync(each.log, 'a');
    const env = {
      ...process.env,
      FATHOM_CONFIG: each.config,
      FATHOM_STORE: '',
      FATHOM_THREADS: '',
      FATHOM_WITNESS: witness,
      TMPDIR: temporary,
      ...more,
    };
    const loaded = [join(import.meta.dirname, 'witness.mjs'), ...preload].flatMap((path) => ['--import', path]);
    const [program, ...parameters] = [...each.command, process.execPath, ...loaded, script];
    each.child = spawn(program, parameters, { env, stdio: ['ignore', output, output] });
    closeSync(output);
    for (let waited = 0; !readFileSync(each.log, 'utf8').slice(before).includes('"listening"'); waited += 50) {
      if (each.child.exitCode !== null || waited >= MOST_STARTING_MS)
        throw new Error(`${each.name} did not start: ${readFileSync(each.log, 'utf8').slice(-1_000)}`);
      await pause(50);
    }
  };
  const ended = () => processes.forEach(({ child }) => child?.kill('SIGKILL'));
  process.on('exit', ended);
  const end = async () => {
    process.off('exit', ended);
    await Promise.all(processes.map(({ child }) => child && (child.kill('SIGCONT'), kill(child))));
    await Promise.all(processes.map(({ proxy }) => proxy.stop()));
    await store.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(processes.map(start));
  } catch (error) {
    await end();
    throw error;
  }

  return {
    folder,
    store,
    processes,
    addresses,
    temporary,
    /** What the client was told of refusals and failures. */
    told: [],
    connection: network?.connection,
    /** Keys of parts that are in the store, with the second since when; those that were there before the study. */
    parts: { finished, registered: new Set() },
    named: (name) => processes.find((each) => each.name === name),
    /** kill -9, at once; resolves when the process runs again. */
    killAndRestart: async (each) => {
      const gone = once(each.child, 'exit');
      each.child.kill('SIGKILL');
      await gone;
      await start(each);
    },
    /** What the services have written to their logs, with the process that wrote it. */
    log: () =>
      processes.flatMap(({ name, log }) =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('{') && line.endsWith('}'))
          .map((line) => ({ process: name, ...JSON.parse(line) })),
      ),
    /** Pieces of work that threads have ended. */
    work: () =>
      readFileSync(witness, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line)),
    end,
  };
}
