/**
 * How fast Fathom's store moves shards of 64 MiB between memory and a MinIO service on this machine, beside two others that move the same
 * bytes in the same run, in turns: a bare client of Node (no digest, nothing tried again), and MinIO's own `mc`, which copies files.
 *
 *     npm run bench:store                                  # 512 MiB, 3 rounds
 *     npm run bench:store -- --mib 1024 --rounds 5
 *     npm run bench:store -- --out benchmarks/results/store.json
 */
import { spawn, spawnSync } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { openStore } = (await import('../libs/store/dist/index.js')).default;

const MIB = 2 ** 20;
const SHARD_MIB = 64;
/** Shards on their way at once, for both. */
const AT_ONCE = 4;
const { values } = parseArgs({
  options: { mib: { type: 'string', default: '512' }, rounds: { type: 'string', default: '3' }, out: { type: 'string' } },
});
const count = Math.ceil(Number(values.mib) / SHARD_MIB);
const rounds = Number(values.rounds);
const total = count * SHARD_MIB;
const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-store-'));
const accessKey = 'bench';
const agent = new Agent({ keepAlive: true });
const secretKey = randomBytes(24).toString('hex');

function tool(name) {
  const goTools = fileURLToPath(new URL('../tools/go-tools.mjs', import.meta.url));
  for (const parameters of [[name], ['--print', name]]) {
    const { status, stdout } = spawnSync(process.execPath, [goTools, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    if (status !== 0) process.exit(1);
    if (parameters.length === 2) return stdout.trim();
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function run(command, parameters, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}

/** MB/s of some work on all the data. */
async function speed(work) {
  const start = process.hrtime.bigint();
  await work();
  return (total * MIB) / 1e6 / (Number(process.hrtime.bigint() - start) / 1e9);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const [minio, mc] = [tool('minio'), tool('mc')];
const endpoint = `http://127.0.0.1:${await freePort()}`;
const server = spawn(minio, ['server', '--quiet', '--address', new URL(endpoint).host, join(folder, 'data')], {
  env: { ...process.env, MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_BROWSER: 'off' },
  stdio: 'ignore',
});
const mcEnv = { MC_HOST_bench: `http://${accessKey}:${secretKey}@${new URL(endpoint).host}`, MC_CONFIG_DIR: join(folder, 'mc') };
const mcRun = (...parameters) => run(mc, ['--quiet', ...parameters], mcEnv);

async function waitForServer() {
  for (let i = 0; i < 200; i += 1) {
    const ready = await new Promise((tell) => {
      get(`${endpoint}/minio/health/live`, (answer) => tell(answer.resume().statusCode === 200)).on('error', () => tell(false));
    });
    if (ready) return;
    await new Promise((soon) => setTimeout(soon, 100));
  }
  throw new Error('MinIO did not start');
}

/** Does some work on every shard, on some at once. */
async function inTurns(work) {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** A request signed in its URL, as the simplest client makes it. */
function bare({ method, url, headers }, body, room) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers, ...(body && { 'content-length': body.length }) }, agent }, (answer) => {
      let at = 0;
      answer.on('data', (piece) => {
        if (room) piece.copy(room, at);
        at += piece.length;
      });
      answer.on('error', reject);
      answer.on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`the status ${answer.statusCode}`))));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function measure() {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  mkdirSync(from);
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const shards = Array.from({ length: count }, () => cipher.update(Buffer.alloc(SHARD_MIB * MIB)));
  shards.forEach((shard, index) => writeFileSync(join(from, `shard-${index}`), shard));
  await mcRun('mb', 'bench/shards');
  const store = openStore({ location: 's3://shards/fathom', s3: { endpoint, accessKey, secretKey } });
  const signed = (method, index) => store.presign(`bare-${index}`, { method, expirySeconds: 3600 });
  const works = {
    'Fathom in': () => inTurns((index) => store.put(`shard-${index}`, shards[index], { ifAbsent: true })),
    'bare in': () => inTurns((index) => bare(signed('PUT', index), shards[index])),
    'mc in': () => mcRun('cp', '--recursive', `${from}/`, 'bench/shards/mc/'),
    'Fathom out': () => inTurns((index) => store.get(`shard-${index}`)),
    'bare out': () => inTurns((index) => bare(signed('GET', index), undefined, Buffer.allocUnsafeSlow(SHARD_MIB * MIB))),
    'mc out': () => mcRun('cp', '--recursive', 'bench/shards/mc/', to),
  };
  const figures = Object.fromEntries(Object.keys(works).map((what) => [what, []]));
  for (let round = 0; round <= rounds; round += 1) {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to);
    for (const [what, work] of Object.entries(works)) {
      const figure = await speed(work);
      // The first round warms all up.
      if (round > 0) figures[what].push(figure);
    }
    if (!shards[0].equals(await store.get('shard-0'))) throw new Error('a shard came back with other bytes');
    await mcRun('rm', '--recursive', '--force', 'bench/shards');
  }
  return figures;
}

try {
  await waitForServer();
  const figures = await measure();
  const speeds = Object.fromEntries(Object.entries(figures).map(([what, all]) => [what, median(all)]));
  for (const direction of ['in', 'out']) {
    const ratio = (peer) => median(figures[`Fathom ${direction}`].map((figure, round) => figure / figures[`${peer} ${direction}`][round])).toFixed(2);
    const told = ['Fathom', 'bare', 'mc'].map((who) => `${who} ${speeds[`${who} ${direction}`].toFixed(0)} MB/s`);
    console.log(`${direction.padEnd(3)}: ${told.join(', ')}; of the bare client ${ratio('bare')}, of mc ${ratio('mc')}`);
  }
  if (values.out !== undefined) {
    const [{ model }] = cpus();
    const document = { mib: total, shardMib: SHARD_MIB, atOnce: AT_ONCE, rounds, node: process.version, cpu: model, threads: cpus().length };
    writeFileSync(values.out, `${JSON.stringify({ ...document, megabytesPerSecond: figures }, null, 2)}\n`);
  }
} finally {
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
