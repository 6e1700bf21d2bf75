import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FathomError, InputError } from '@fathom/errors';
import { aborted, operation, TestServers } from './test-server.fixture.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const TOOLS = resolve(__dirname, '../../../tools');
const LIMIT = 65_536;

/** Names of operations say what the server does. */
async function answer({ name }: { name: string }, { signal }: { signal: AbortSignal }) {
  if (name === 'invalid') throw new InputError({ field: 'name', problem: 'is wrong', value: name, accepted: 'another' });
  if (name === 'busy') throw new FathomError('RESOURCE_EXHAUSTED', 'no place is free', { metadata: { retryAfterSeconds: '7' } });
  if (name === 'hang') {
    await aborted(signal);
    stopped.push(name);
  }
  const { operation: made } = operation(name.length > 1000 ? 'long' : name);
  return { operation: { ...made, job: name === 'gzip' ? 'y'.repeat(50_000) : '' } };
}

const stopped: string[] = [];
const servers = new TestServers();
const started = () =>
  servers.start({
    limits: { maxMessageBytes: LIMIT, maxTextLength: LIMIT },
    handlers: {
      getOperation: answer,
      watchOperation: async function* ({ name }, { signal }) {
        yield operation(name, 1);
        if (name === 'hang') {
          await aborted(signal);
          stopped.push(`${name} stream`);
        }
        if (name === 'idle') await pause(3_000);
        yield operation(name, 2);
      },
    },
  });

let address: string;
let lines: Record<string, unknown>[];
beforeAll(async () => {
  const { server, lines: logged } = await started();
  [address, lines] = [server.address, logged];
});
afterAll(() => servers.closeAll());
beforeEach(() => {
  stopped.length = 0;
});

/** A test that is left out, and said to be, where something is missing. */
function leftOut(what: string): void {
  if (process.env['CI'] === 'true') throw new Error(what);
  const record = process.env['FATHOM_LEFT_OUT'];
  if (record) appendFileSync(record, `${what}\n`);
}

const tool = spawnSync(process.execPath, [resolve(TOOLS, 'go-tools.mjs'), '--print', 'grpcurl'], { encoding: 'utf8' });

describe('grpcurl', () => {
  if (tool.status !== 0) {
    it('is left out', () => leftOut('grpcurl against the server: node tools/go-tools.mjs grpcurl'));
    return;
  }
  const program = tool.stdout.trim();
  const grpcurl = (...parameters: string[]) => run(program, ['-plaintext', ...parameters]).then(({ stdout }) => stdout);
  const call = (method: string, request: object, ...options: string[]) => grpcurl(...options, '-d', JSON.stringify(request), address, method);
  const refused = (method: string, request: object, ...options: string[]) =>
    call(method, request, '-format-error', ...options).then(
      () => Promise.reject(new Error('was not refused')),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
    );
  const service = 'fathom.operations.v1.OperationsService';

  it('lists and describes the services by reflection', async () => {
    expect((await grpcurl(address, 'list')).trim().split('\n')).toEqual([service, 'grpc.health.v1.Health']);
    expect(await grpcurl(address, 'list', service)).toContain(`${service}.WatchOperation`);
    expect(await grpcurl(address, 'describe', `${service}.WatchOperation`)).toContain(
      'rpc WatchOperation ( .fathom.operations.v1.WatchOperationRequest ) returns ( stream .fathom.operations.v1.WatchOperationResponse );',
    );
    expect(await grpcurl('-msg-template', address, 'describe', 'fathom.operations.v1.Operation')).toContain('"partsDone": 0');
  });

  it('calls a method, with metadata that the log has', async () => {
    const answered = await call(`${service}/GetOperation`, { name: 'ünï' }, '-H', 'x-request-id: from-grpcurl');
    expect(JSON.parse(answered)).toEqual({ operation: { name: 'ünï' } });
    expect(lines.some(({ requestId }) => requestId === 'from-grpcurl')).toBe(true);
  });

  it('reads a stream to its end', async () => {
    const answered = await call(`${service}/WatchOperation`, { name: 'a' });
    expect(answered.match(/"sequence": \d/g)).toEqual(['"sequence": 1', '"sequence": 2']);
  });

  it('reads the details of errors, whose messages reflection knows', async () => {
    const { code, stderr } = await refused(`${service}/GetOperation`, { name: 'invalid' });
    expect(code).toBe(64 + 3);
    expect(JSON.parse(stderr)).toEqual({
      code: 3,
      message: 'name: is wrong (got invalid); accepted: another',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'INVALID_INPUT',
          domain: 'fathom',
          metadata: { field: 'name', value: 'invalid', accepted: 'another' },
        },
        { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [expect.objectContaining({ field: 'name' })] },
      ],
    });
    expect((await refused(`${service}/GetOperation`, { name: 'busy' })).stderr).toContain('"retryDelay": "7s"');
  });

  it('ends at its deadline, and the server with it', async () => {
    expect((await refused(`${service}/GetOperation`, { name: 'hang' }, '-max-time', '1')).code).toBe(64 + 4);
    while (stopped.length === 0) await pause(10);
  });

  it('asks after health', async () => {
    expect(JSON.parse(await call('grpc.health.v1.Health/Check', { service }))).toEqual({ status: 'SERVING' });
    expect((await refused('grpc.health.v1.Health/Check', { service: 'none' })).code).toBe(64 + 5);
  });

  it('is not offered what there is not', async () => {
    const { stderr } = await refused(`${service}/Unknown`, {});
    expect(stderr).toContain('does not include a method named "Unknown"');
  });
});

it('grpcio calls, streams, cancels, compresses, pings and is refused as gRPC says', async () => {
  const python = process.env['FATHOM_PYTHON'] ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import grpc, grpc_tools'], { stdio: 'pipe' });
  } catch {
    leftOut(`grpcio against the server: needs ${python} with tools/python-requirements.txt (FATHOM_PYTHON)`);
    return;
  }
  const { stdout } = await run(python, [resolve(TOOLS, 'python-conformance.py'), address, String(LIMIT)]);
  expect(JSON.parse(stdout)).toEqual({
    echo: 'echo',
    stream: [1, 2],
    invalid: ['INVALID_ARGUMENT', true, 'name', { field: 'name', value: 'invalid', accepted: 'another' }],
    busy: ['RESOURCE_EXHAUSTED', 7],
    deadline: 'DEADLINE_EXCEEDED',
    cancelled: [true, 'CANCELLED'],
    gzip: ['gzip', 50_000],
    limit: [LIMIT, 'OK', 'INVALID_ARGUMENT'],
    unknown: ['UNIMPLEMENTED', 'UNIMPLEMENTED'],
    damaged: 'INVALID_ARGUMENT',
    keepalive: [1, 2],
    after: 'echo',
  });
  while (stopped.length < 2) await pause(10);
  expect(stopped.sort()).toEqual(['hang', 'hang stream']);
  expect(lines.some(({ requestId }) => requestId === 'from-python')).toBe(true);
});
