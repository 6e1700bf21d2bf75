import { execFile, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig, serve, SERVICES, type Served } from '@fathom/platform';
import { createLogger } from '@fathom/service-kit';
// eslint-disable-next-line @nx/enforce-module-boundaries -- an example belongs to no package
import { printScores } from '../../docs/examples/scores.js';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a store of tests, not of the library
import { describeWithServer } from '../../libs/store/src/object-servers.fixture.js';
import { FACTORIES } from './services.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const root = resolve(__dirname, '../..');
const text = (path: string) => readFileSync(resolve(root, path), 'utf8');

/** An address of this machine where nobody listens now. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `127.0.0.1:${port}`;
}

function leftOut(what: string): void {
  const record = process.env['FATHOM_LEFT_OUT'];
  if (record !== undefined) appendFileSync(record, `${what}\n`);
}

it.each(['scores.py', 'scores.ts', 'grpcurl.sh'])('docs/clients.md prints %s as it is run', (name) => {
  const printed = text(`docs/examples/${name}`)
    .replace(/^\/\* eslint.*\n/, '')
    .trim();
  expect(text('docs/clients.md')).toContain(`\n${printed}\n\`\`\``);
});

describeWithServer('MinIO', 'the examples of docs/clients.md', (server) => {
  let address: string;
  let served: Served;
  beforeAll(async () => {
    address = await freeAddress();
    const addresses = Object.fromEntries(SERVICES.map((name) => [name, address]));
    const store = { location: `s3://${await server.newBucket()}/fathom`, s3: server.access };
    const config = loadConfig({ env: {}, overrides: { store, threads: 1, addresses, insecure: true } });
    served = await serve(Object.values(FACTORIES), { name: 'docs', address, config, logger: createLogger({ name: 'docs', level: 'silent' }) });
  });
  afterAll(() => served.close());

  it('score arrays, in TypeScript', async () => {
    const lines: string[] = [];
    await printScores(address, (line) => lines.push(line));
    expect(lines.filter((line) => /^feature \d: K = [01]\.\d{3} ± [01]\.\d{3}$/.test(line))).toHaveLength(5);
    expect(lines.at(-2)).toMatch(/^R² of feature 0 by layer: [\d.e-]+,[\d.e-]+$/);
    expect(lines.at(-1)).toBe('refused: probe.folds is 2; accepted: a whole number from 3 to 100, or 0 for 5');
  });

  it('score arrays, in Python', async () => {
    const python = process.env['FATHOM_PYTHON'];
    if (python === undefined) return leftOut('the Python example of docs/clients.md: FATHOM_PYTHON names no python3 with grpcio and numpy');
    const env = { ...process.env, PYTHONPATH: resolve(root, 'clients/python'), PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf8' };
    const { stdout, stderr } = await run(python, [resolve(root, 'docs/examples/scores.py'), address], { env });
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, 5).every((line) => /^feature \d: K = [01]\.\d{3} ± [01]\.\d{3}$/.test(line))).toBe(true);
    expect(lines[5]).toMatch(/^R² of feature 0 by layer: \{'early': [\d.]+, 'late': [\d.]+\}$/);
    expect(lines.slice(6)).toEqual(['the same numbers again: True', 'refused: probe.folds is 2; accepted: a whole number from 3 to 100, or 0 for 5']);
    expect(stderr).toBe('');
  });

  it('look around with grpcurl', async () => {
    const tool = spawnSync(process.execPath, [resolve(root, 'tools/go-tools.mjs'), '--print', 'grpcurl'], { encoding: 'utf8' });
    if (tool.status !== 0) {
      if (process.env['CI'] === 'true') throw new Error(tool.stderr);
      return leftOut('grpcurl as docs/clients.md shows it: node tools/go-tools.mjs grpcurl');
    }
    const env = { ...process.env, PATH: `${dirname(tool.stdout.trim())}:${process.env['PATH']}` };
    const { code, stdout, stderr } = await run('sh', ['-u', resolve(root, 'docs/examples/grpcurl.sh'), address], { env }).then(
      () => Promise.reject(new Error('the last call was not refused')),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect(stdout).toContain('fathom.study.v1.StudyService\n');
    expect(stdout).toContain('rpc ReadTensor');
    expect(stdout).toContain('"status": "SERVING"');
    expect(stdout).toContain('"engine": {');
    expect(stdout).toContain('"kind": "activations"');
    expect(stdout).toContain('"state": "OPERATION_STATE_SUCCEEDED"');
    expect(code).toBe(64 + 3);
    expect(stderr).toContain('"fieldViolations"');
  });
});
