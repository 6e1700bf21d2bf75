import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, openSync, readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import type { S3Access } from './s3-options.js';

const GO_TOOLS = join(__dirname, '..', '..', '..', 'tools', 'go-tools.mjs');
/** Both are there in a few seconds; a machine that is busy may take longer. */
const MOST_STARTING_MS = 40_000;

/** A real object store service of this test alone, on loopback, with credentials that nobody else knows. */
export interface ObjectServer {
  readonly access: Pick<S3Access, 'endpoint' | 'accessKey' | 'secretKey'>;
  /** Makes a bucket with a new name. */
  newBucket(): Promise<string>;
  /** Kills it, as a machine dies. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, with its data, at the same address. */
  start(): Promise<void>;
}

interface Kind {
  readonly tool: string;
  readonly name: string;
  readonly ports: number;
  /** Its parameters and environment; `folder` is there and empty. */
  readonly command: (
    ports: readonly number[],
    folder: string,
    access: ObjectServer['access'],
  ) => Promise<{ readonly parameters: readonly string[]; readonly env?: NodeJS.ProcessEnv }>;
}

const MINIO: Kind = {
  tool: 'minio',
  name: 'MinIO',
  ports: 1,
  command: async ([port], folder, { accessKey, secretKey }) => ({
    parameters: ['server', '--quiet', '--address', `127.0.0.1:${port}`, join(folder, 'data')],
    env: { MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
  }),
};

const SEAWEEDFS: Kind = {
  tool: 'weed',
  name: 'SeaweedFS',
  ports: 8,
  command: async ([s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc], folder, { accessKey, secretKey }) => {
    const identities = join(folder, 'identities.json');
    const everything = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
    const identity = { name: 'test', credentials: [{ accessKey, secretKey }], actions: everything };
    await fs.writeFile(identities, JSON.stringify({ identities: [identity] }), { mode: 0o600 });
    const options = {
      ip: '127.0.0.1',
      'ip.bind': '127.0.0.1',
      dir: folder,
      s3: true,
      's3.config': identities,
      's3.port': s3,
      's3.port.grpc': s3Grpc,
      's3.port.iceberg': 0,
      's3.port.lance': 0,
      's3.localSocket': join(folder, 's3.sock'),
      'master.port': master,
      'master.port.grpc': masterGrpc,
      'master.volumeSizeLimitMB': 1024,
      'master.telemetry': false,
      'volume.port': volume,
      'volume.port.grpc': volumeGrpc,
      'volume.max': 100,
      'filer.port': filer,
      'filer.port.grpc': filerGrpc,
      'filer.localSocket': join(folder, 'filer.sock'),
    };
    return { parameters: ['server', ...Object.entries(options).map(([name, value]) => `-${name}=${value}`)] };
  },
};

/**
 * Tests that need a real service. Its program is taken from where tools/go-tools.mjs puts it; where it is not, the tests are left out
 * and that is recorded, except in CI, where that is a failing test.
 */
export function describeWithServer(kind: 'MinIO' | 'SeaweedFS', title: string, tests: (server: ObjectServer) => void): void {
  const { tool, name } = kind === 'MinIO' ? MINIO : SEAWEEDFS;
  const { status, stdout, stderr } = spawnSync(process.execPath, [GO_TOOLS, '--print', tool], { encoding: 'utf8' });
  if (status === 0) {
    const server = new Server(kind === 'MinIO' ? MINIO : SEAWEEDFS, stdout.trim());
    describe(`${title} (${name})`, () => {
      beforeAll(() => server.begin());
      afterAll(() => server.end());
      tests(server);
    });
    return;
  }
  it(`${title}: ${name} is there, or left out on record`, () => {
    if (process.env['CI'] === 'true') throw new Error(stderr);
    const record = process.env['FATHOM_LEFT_OUT'];
    if (record !== undefined) appendFileSync(record, `${title} with ${name}: node tools/go-tools.mjs ${tool}\n`);
  });
}

class Server implements ObjectServer {
  access = { endpoint: '', accessKey: `test-${randomBytes(6).toString('hex')}`, secretKey: randomBytes(24).toString('hex') };
  #folder = '';
  #ports: number[] = [];
  #process: ChildProcess | undefined;

  constructor(
    readonly kind: Kind,
    readonly program: string,
  ) {}

  async begin(): Promise<void> {
    this.#folder = await fs.mkdtemp(join(tmpdir(), `fathom-${this.kind.tool}-`));
    this.#ports = await freePorts(this.kind.ports);
    this.access.endpoint = `http://127.0.0.1:${this.#ports[0]}`;
    await this.start();
  }

  async end(): Promise<void> {
    await this.kill();
    await fs.rm(this.#folder, { recursive: true, force: true });
  }

  async start(): Promise<void> {
    const { parameters, env } = await this.kind.command(this.#ports, this.#folder, this.access);
    const log = join(this.#folder, 'server.log');
    const output = openSync(log, 'a');
    const started = spawn(this.program, parameters, { cwd: this.#folder, env: { ...process.env, ...env }, stdio: ['ignore', output, output] });
    this.#process = started;
    const client = this.#client();
    for (let waited = 0; ; waited += 100) {
      const ready = await client.listBuckets().then(
        () => true,
        () => false,
      );
      if (ready) return;
      if (started.exitCode !== null || waited > MOST_STARTING_MS)
        throw new Error(`${this.kind.name} did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
      await new Promise((soon) => setTimeout(soon, 100));
    }
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    await new Promise((ended) => {
      running.once('exit', ended);
      running.kill('SIGKILL');
    });
  }

  async newBucket(): Promise<string> {
    const bucket = `fathom-test-${randomUUID()}`;
    await this.#client().makeBucket(bucket);
    return bucket;
  }

  #client(): Client {
    const { hostname, port } = new URL(this.access.endpoint);
    const { accessKey, secretKey } = this.access;
    return new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey,
      secretKey,
      region: 'us-east-1',
      retryOptions: { disableRetry: true },
    });
  }
}

/** Ports that nobody listens on now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer();
      await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
