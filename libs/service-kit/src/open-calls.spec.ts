import { Status } from '@fathom/contracts';
import type { IncomingHttpHeaders } from 'node:http2';
import { refuseLate } from './call-context.js';
import { foreignCall } from './foreign-call.fixture.js';
import { errorOf } from '@fathom/wire';
import { aborted, operation, TestServers } from './test-server.fixture.js';

const servers = new TestServers();
afterEach(() => servers.closeAll());

const GET = '/fathom.operations.v1.OperationsService/GetOperation';
const thrownBy = (trailers: IncomingHttpHeaders) => errorOf(Status.decode(Buffer.from(String(trailers['grpc-status-details-bin']), 'base64')));

describe('a call', () => {
  it('leaves one line with its method, code, duration and id, and nothing of its content', async () => {
    const { remote, lines } = await servers.start();
    await remote.getOperation({ name: 'private' }, { requestId: 'mine-1' });
    const calls = lines.filter((line) => line.msg === 'call');
    expect(calls).toEqual([
      expect.objectContaining({
        level: 'info',
        method: GET,
        code: 'OK',
        requestId: 'mine-1',
        subject: 'local',
        tenant: 'default',
        durationMs: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('private');
  });

  it('gets a fresh id where the given one could forge a line', async () => {
    const ids: string[] = [];
    const { remote, lines } = await servers.start({
      handlers: {
        getOperation: async ({ name }, { requestId }) => {
          ids.push(requestId);
          return operation(name);
        },
      },
    });
    await remote.getOperation({ name: '' }, { requestId: 'a b"' });
    await remote.getOperation({ name: '' });
    expect(ids.every((id) => /^[\da-f-]{36}$/.test(id))).toBe(true);
    expect(lines.filter((line) => line.msg === 'call').map((line) => line.requestId)).toEqual(ids);
  });

  it('that the client has left is logged as such', async () => {
    const abort = new AbortController();
    const { remote, lines, server } = await servers.start({
      handlers: {
        getOperation: async (_request, { signal }) => {
          abort.abort();
          await aborted(signal);
          throw signal.reason as Error;
        },
      },
    });
    await expect(remote.getOperation({ name: '' }, { signal: abort.signal })).rejects.toMatchObject({
      reason: 'CANCELLED',
    });
    await server.close();
    expect(lines.filter((line) => line.msg === 'call')).toEqual([expect.objectContaining({ code: 'CANCELLED' })]);
  });
});

describe("a call's signal", () => {
  it('is left alone once the call has ended, so that work it started may go on', async () => {
    const signals: AbortSignal[] = [];
    const { remote, server } = await servers.start({
      handlers: {
        getOperation: async ({ name }, { signal }) => {
          signals.push(signal);
          return operation(name);
        },
      },
    });
    await remote.getOperation({ name: '' });
    await server.close();
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
  });
});

describe('a peer that is not ours', () => {
  it('gets an ErrorInfo with the deadline that gRPC itself enforces', async () => {
    const { server } = await servers.start({ handlers: { getOperation: () => new Promise(() => undefined) } });
    const trailers = await foreignCall(server.address, GET, Buffer.alloc(0), { 'grpc-timeout': '50m' });
    expect(trailers['grpc-status']).toBe('4');
    expect(thrownBy(trailers)).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('is told that its bytes are no request', async () => {
    const { server } = await servers.start();
    const trailers = await foreignCall(server.address, GET, Buffer.from([0x0a, 0xff]));
    expect(trailers['grpc-status']).toBe('3');
    expect(thrownBy(trailers)).toMatchObject({
      reason: 'INVALID_INPUT',
      field: 'request',
      message: expect.stringContaining('its bytes cannot be read') as string,
    });
  });

  it('is refused where its time is over before the handler begins', () => {
    expect(() => refuseLate({ deadlineMs: 0 } as never)).toThrow(expect.objectContaining({ reason: 'DEADLINE_EXCEEDED' }));
    expect(() => refuseLate({ deadlineMs: Infinity } as never)).not.toThrow();
  });
});
