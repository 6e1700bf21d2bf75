/** Replicas of Fathom's services as processes on free ports of this machine's loopback, over one store. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { checkHealth } from './load-observer.mjs';

const MOST_STARTING_MS = 60_000;
const MOST_STARTS = 5;
const SERVICES = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];

/** The path of a program that tools/go-tools.mjs gets. */
export function goTool(name) {
  const script = resolve(import.meta.dirname, '../tools/go-tools.mjs');
  for (const parameters of [[name], ['--print', name]]) {
    const { status, stdout } = spawnSync(process.execPath, [script, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    if (status !== 0) throw new Error(`${name} cannot be had`);
    if (parameters.length === 2) return stdout.trim();
  }
}

/** Addresses of ports that nobody listens on now, all different. */
export async function freeAddresses(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const addresses = servers.map((server) => `127.0.0.1:${server.address().port}`);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return addresses;
}

/** Ends a process by a signal that it cannot refuse. */
export async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function until(ready, child, what) {
  for (let waited = 0; waited < MOST_STARTING_MS; waited += 50) {
    if (await ready()) return;
    if (child.exitCode !== null || child.signalCode !== null) break;
    await new Promise((soon) => setTimeout(soon, 50));
  }
  throw new Error(`${what} did not start`);
}

/** A folder as a store. */
export function folderStore(folder) {
  return { name: 'a folder', setting: join(folder, 'store'), end: () => Promise.resolve() };
}

/** A MinIO service as a store, with credentials that nobody else knows. */
export async function minioStore(folder) {
  const [accessKey, secretKey] = [`load-${randomBytes(6).toString('hex')}`, randomBytes(24).toString('hex')];
  const [address] = await freeAddresses(1);
  const endpoint = `http://${address}`;
  const data = join(folder, 'minio');
  mkdirSync(join(data, 'load'), { recursive: true }); // a bucket
  const child = spawn(goTool('minio'), ['server', '--quiet', '--address', address, data], {
    env: { ...process.env, MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
    stdio: 'ignore',
  });
  const answers = () =>
    new Promise((tell) => get(`${endpoint}/minio/health/live`, (answer) => tell(answer.resume().statusCode === 200)).on('error', () => tell(false)));
  await until(answers, child, 'MinIO');
  return { name: 'MinIO', setting: { location: 's3://load', s3: { endpoint, accessKey, secretKey } }, end: () => kill(child) };
}

/**
 * Starts so many replicas of each service. The services of a replica know each other; all replicas share the store.
 * @returns {Promise<{ processes: object[], replicas: Record<string, string>[], restart, end }>} `replicas`: address by service
 */
export async function startCluster({ folder, services, replicas: count, store, settings = {}, profiles }) {
  mkdirSync(folder, { recursive: true });
  const processes = [];
  const replicas = [];
  const free = await freeAddresses(count * (SERVICES.length + 2 * services.length));
  for (let replica = 0; replica < count; replica += 1) {
    const addresses = Object.fromEntries(SERVICES.map((service) => [service, free.pop()]));
    replicas.push(addresses);
    for (const service of services) {
      const [metrics, health] = [free.pop(), free.pop()];
      const name = `${service}-${replica}`;
      const [config, log] = [join(folder, `${name}.json`), join(folder, `${name}.log`)];
      const own = { store, threads: 1, leaseMs: 2_000, addresses, metricsAddress: metrics, healthAddress: health, insecure: true, ...settings };
      writeFileSync(config, JSON.stringify(own), { mode: 0o600 });
      processes.push({ name, service, replica, address: addresses[service], metrics, health, config, log, child: undefined });
    }
  }
  const startOnce = (each) => {
    const script = resolve(import.meta.dirname, '../services', each.service, 'dist/main.js');
    const output = openSync(each.log, 'a');
    const env = { ...process.env, FATHOM_CONFIG: each.config, FATHOM_STORE: '', FATHOM_THREADS: '' };
    const profiling = profiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profiles];
    each.child = spawn(process.execPath, [...profiling, script], { env, stdio: ['ignore', output, output] });
    closeSync(output);
    return until(async () => (await checkHealth(each.address, 1_000)) !== undefined, each.child, each.name);
  };
  const start = async (each) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startOnce(each);
      } catch (error) {
        await kill(each.child);
        // A connection that goes out may hold the port for a moment.
        if (attempt === MOST_STARTS) throw new Error(`${error.message}: ${readFileSync(each.log, 'utf8').slice(-500)}`, { cause: error });
        await new Promise((soon) => setTimeout(soon, 500));
      }
    }
  };
  /** A profile is written by a process that ends by itself. */
  const endOne = (child) => (profiles === undefined ? kill(child) : (child.kill('SIGTERM'), once(child, 'exit')));
  const end = async () => void (await Promise.all(processes.map(({ child }) => child && endOne(child))));
  const ended = () => processes.forEach(({ child }) => child?.kill('SIGKILL'));
  process.on('exit', ended);
  try {
    await Promise.all(processes.map(start));
  } catch (error) {
    await end();
    throw error;
  }
  /** kill -9, and start again at the same address. */
  const restart = async (each) => {
    await kill(each.child);
    await start(each);
  };
  return { processes, replicas, restart, end };
}
