/**
 * Runs what compose.yaml would run, without containers: MinIO, the setting up of its bucket, the six services and Prometheus by their very
 * command lines and environments, with new secrets; then small studies through them by TLS and tokens, every query of the dashboard, and
 * the end of each by SIGTERM. Names of hosts, ports and paths are those of this machine, Prometheus asks each second, and the study
 * service runs one study at a time, so that one waits. Grafana is not run.
 *
 *     node tools/go-tools.mjs minio mc prometheus && node deploy/run-compose-commands.mjs
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { composeServices, imageCommand, ROOT, variablesOf } from './compose-file.mjs';
import { instancesOf, queriesWithoutData, targetsOf } from './dashboard-data.mjs';

const FATHOM = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'];
const MOST_STARTING_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'fathom-compose-'));
const running = [];

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((ready) => {
          const server = createServer().listen(0, '127.0.0.1', () => ready(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function toolPath(name) {
  return execFileSync(process.execPath, [join(ROOT, 'tools/go-tools.mjs'), '--print', name], { encoding: 'utf8' }).trim();
}

/** Lays a container's volumes into a folder of its own and returns how its paths are called here. */
function layVolumes(name, volumes, here) {
  const root = join(folder, name);
  mkdirSync(join(root, 'tmp'), { recursive: true });
  for (const volume of volumes) {
    const [from, to] = volume.split(':');
    const target = join(root, to);
    mkdirSync(dirname(target), { recursive: true });
    if (!/^[./]/.test(from)) mkdirSync(target, { recursive: true });
    else if (to === '/inputs') symlinkSync(join(ROOT, from), target);
    else if (statSync(join(from.startsWith('/') ? '' : ROOT, from)).isDirectory()) cpSync(join(ROOT, from), target, { recursive: true });
    else copyFileSync(from, target);
  }
  const inside = /(^|[\s"'=])\/(etc\/fathom|etc\/prometheus|run\/fathom|inputs|data|prometheus|tmp)(?=$|[/"'\s])/g;
  return (text) =>
    [folder, ROOT].some((own) => text.startsWith(own)) ? text : here(text.replaceAll(inside, (_whole, before, path) => `${before}${root}/${path}`));
}

/** Starts one service of compose.yaml; `here` puts this machine's addresses in place of a container's. */
function start(name, { command, entrypoint, environment = {}, volumes = [] }, here, { program, more = {}, config = environment.FATHOM_CONFIG }) {
  const local = layVolumes(name, volumes, here);
  if (config) writeFileSync(local(config), local(readFileSync(local(config), 'utf8')));
  const [file, ...parameters] = [...(entrypoint ?? program), ...command].map(local);
  const env = { ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, local(value)])), ...more };
  const child = spawn(file, parameters, { cwd: join(folder, name), env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const started = { name, child, said: '', ended: new Promise((done) => child.on('close', (code, signal) => done(code ?? signal))) };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (started.said += text));
  running.push(started);
  return started;
}

async function until(what, service, isTrue) {
  const latest = performance.now() + MOST_STARTING_MS;
  while (!(await isTrue())) {
    if (service.child.exitCode !== null || performance.now() > latest)
      throw new Error(`${service.name}: ${what} did not come:\n${service.said.slice(-2000)}`);
    await new Promise((soon) => setTimeout(soon, 500));
  }
}

/** The demo's network and a few of its images; the file's path. */
function writeStudy(inputs, name, draws) {
  const { preprocessing, classes, images } = JSON.parse(readFileSync(join(ROOT, 'models/fashion/fashion.json'), 'utf8'));
  const { width, height, channelOrder, scale, mean, standardDeviation } = preprocessing;
  const set = (role, count) => ({
    idx: { images: join(inputs, 'fashion', images[role].images.file), labels: join(inputs, 'fashion', images[role].labels.file) },
    count,
  });
  const study = {
    name,
    preprocessing: { width, height, channelOrder, scale, mean, standardDeviation },
    checkpoints: [{ name: 'epoch-15', path: join(inputs, 'fashion/checkpoints/epoch-15.onnx'), epoch: 15 }],
    controls: [],
    classNames: classes,
    test: set('test', 150),
    train: set('train', 100),
    atomsPerClass: 2,
    noise: { images: 4, draws },
  };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(study));
  return file;
}

async function main() {
  const secrets = join(folder, 'secrets');
  execFileSync(process.execPath, [join(ROOT, 'deploy/make-secrets.mjs'), secrets]);
  const services = composeServices(variablesOf(join(secrets, 'env')));
  const ports = await freePorts(2 + 3 * FATHOM.length);
  const portOf = (name, kind) => ports[2 + 3 * FATHOM.indexOf(name) + kind];
  /** For a service: where the others are, and its own ports. */
  const hereOf = (own) => (text) =>
    text
      .replaceAll(/\bstore:9000\b|(?<=^|\s):9000\b/g, `127.0.0.1:${ports[0]}`)
      .replaceAll(/\b(?:0\.0\.0\.0|[a-z]+):730([1-6])\b/g, (_whole, digit) => `127.0.0.1:${portOf(FATHOM[digit - 1], 0)}`)
      .replaceAll('0.0.0.0:9464', `127.0.0.1:${portOf(own, 1)}`)
      .replaceAll('0.0.0.0:9465', `127.0.0.1:${portOf(own, 2)}`);

  const store = start('store', services.store, hereOf('store'), { program: [toolPath('minio')] });
  await until('an answer', store, () =>
    globalThis.fetch(`http://127.0.0.1:${ports[0]}/minio/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const path = `${dirname(toolPath('mc'))}${delimiter}${process.env.PATH}`;
  for (const time of ['first', 'second']) {
    const setup = start(`store-setup`, services['store-setup'], hereOf('store'), { program: [], more: { PATH: path } });
    if ((await setup.ended) !== 0) throw new Error(`store-setup, the ${time} time:\n${setup.said}`);
    rmSync(join(folder, 'store-setup'), { recursive: true });
  }
  console.log('store: ready, with a bucket and a user of its own');

  const [node, ...image] = imageCommand('ENTRYPOINT');
  const program = [node === 'node' ? process.execPath : node, ...image.map((each) => (existsSync(join(ROOT, each)) ? join(ROOT, each) : each))];
  const oneAtATime = { study: { FATHOM_MAX_RUNNING_OPERATIONS: '1' } };
  const started = FATHOM.map((name) => start(name, services[name], hereOf(name), { program, more: oneAtATime[name] }));
  const [, ...check] = imageCommand('CMD').length > 1 ? imageCommand('CMD') : ['node', 'deploy/health.js', 'ready'];
  for (const service of started) {
    const env = { ...process.env, FATHOM_HEALTH_ADDRESS: `127.0.0.1:${portOf(service.name, 2)}` };
    await until('readiness', service, () => spawnSync(process.execPath, check, { cwd: ROOT, env }).status === 0);
  }
  console.log(`${FATHOM.join(', ')}: ready`);

  const begun = Date.now() / 1000;
  const watcher = `127.0.0.1:${ports[1]}`;
  const prometheus = start(
    'prometheus',
    { ...services.prometheus, command: [...services.prometheus.command, `--web.listen-address=${watcher}`] },
    (text) =>
      text.replaceAll(/\b([a-z]+):9464\b/g, (_whole, name) => `127.0.0.1:${portOf(name, 1)}`).replace('scrape_interval: 15s', 'scrape_interval: 1s'),
    { program: [toolPath('prometheus')], config: '/etc/prometheus/compose.yml' },
  );
  const metricsOf = (name) => `127.0.0.1:${portOf(name, 1)}`;
  const allUp = FATHOM.map((name) => `${metricsOf(name)} up`).sort();
  await until(`"${allUp.join(', ')}"`, prometheus, async () => `${await targetsOf(watcher).catch(() => [])}` === `${allUp}`);
  console.log('Prometheus: every target is up');

  const addresses = Object.fromEntries(FATHOM.map((name) => [name, `127.0.0.1:${portOf(name, 0)}`]));
  const [caFile, certFile, keyFile] = ['ca.crt', 'client.crt', 'client.key'].map((file) => join(secrets, file));
  const client = {
    addresses,
    clientTls: { caFile, certFile, keyFile },
    clientTokenFile: join(secrets, 'client.token'),
    store: 's3://fathom',
    tenant: 'default',
  };
  writeFileSync(join(folder, 'client.json'), JSON.stringify(client));
  const { environment } = services.study;
  const access = Object.fromEntries(
    Object.entries(environment)
      .filter(([key]) => key.startsWith('FATHOM_S3_'))
      .map(([key, value]) => [key, hereOf('study')(value)]),
  );
  const inputs = join(folder, 'activation/inputs');
  const study = (name, file) => {
    const command = ['study', 'run', file, '--remote', '--config', join(folder, 'client.json'), '--out', join(folder, 'out', name)];
    return start(`client-${name}`, { command }, hereOf('study'), { program, more: access });
  };
  const [first, second] = [writeStudy(inputs, 'first', 2), writeStudy(inputs, 'second', 3)];
  for (const asked of [study('first', first), study('second', second)]) {
    if ((await asked.ended) !== 0)
      throw new Error(`a study failed:\n${asked.said.slice(-3000)}\n${started.map(({ name, said }) => `${name}: ${said.slice(-800)}`).join('\n')}`);
    console.log(asked.said.trim().split('\n').at(-3));
  }
  const repeated = await study('again', first).ended;
  const absent = await study('absent', writeStudy('/nowhere', 'absent', 2)).ended;
  if (repeated !== 0 || absent === 0) throw new Error(`a study that is known ended with code ${repeated}, and one without its files with ${absent}`);
  for (const name of ['first', 'second', 'again'])
    if (!existsSync(join(folder, 'out', name, 'report.html'))) throw new Error(`the study ${name} wrote no report`);

  let without = [];
  const hasAll = async () => (without = await queriesWithoutData(watcher, begun, Date.now() / 1000)).length === 0;
  await until('data', prometheus, hasAll).catch((error) => {
    throw new Error(`Prometheus has nothing for these queries of the dashboard: ${without.join('; ')}`, { cause: error });
  });
  const instances = await instancesOf(watcher);
  if (`${instances.sort()}` !== `${FATHOM.map(metricsOf).sort()}`) throw new Error(`the dashboard offers the instances ${instances}`);
  console.log('Prometheus: every query of the dashboard has data');

  for (const { child } of [...started, prometheus]) child.kill('SIGTERM');
  for (const { name, ended, said } of [...started, prometheus])
    if ((await ended) !== 0) throw new Error(`${name} did not end well:\n${said.slice(-2000)}`);
  console.log("every command line of compose.yaml but Grafana's has run, and ended by SIGTERM with code 0");
}

try {
  await main();
} catch (error) {
  console.error(`run-compose-commands: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
}
