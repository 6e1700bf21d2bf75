import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeSafetensors } from '@fathom/tensors';
import { fetchShard } from './fetch-shard.js';

const good = encodeSafetensors([{ name: 'z', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]);
const damaged = Uint8Array.from(good, (byte, i) => (i === good.length - 1 ? byte ^ 1 : byte));

let answers: { status: number; body: Uint8Array }[];
let server: Server;
beforeEach((done) => {
  server = createServer((_request, response) => {
    const { status, body } = answers.length > 1 ? answers.shift()! : answers[0]!;
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1', done);
});
afterEach((done) => {
  server.closeAllConnections();
  server.close(done);
});

const shard = () => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  sha256: createHash('sha256').update(good).digest('hex'),
  sizeBytes: BigInt(good.length),
  rows: [],
});

it('a shard that arrives damaged, short, or not at all is fetched again', async () => {
  answers = [
    { status: 200, body: damaged },
    { status: 503, body: Buffer.from('busy') },
    { status: 200, body: good.subarray(0, 20) },
    { status: 200, body: good },
  ];
  expect((await fetchShard(shard())).get('z')?.data).toEqual(Float32Array.of(1, 2));
});

it('a shard whose bytes are never those that were announced is refused', async () => {
  answers = [{ status: 200, body: damaged }];
  await expect(fetchShard(shard())).rejects.toMatchObject({ reason: 'CORRUPT_DATA', message: expect.stringContaining(shard().sha256) as string });
});

it('a store that does not give a shard is named by its answer', async () => {
  answers = [{ status: 403, body: Buffer.from('expired') }];
  await expect(fetchShard(shard())).rejects.toMatchObject({ reason: 'UNAVAILABLE', message: expect.stringContaining('403') as string });
});
