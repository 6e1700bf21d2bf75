import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActivationClient, operations } from '@fathom/contracts';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import type { ServiceError } from '@grpc/grpc-js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { call, refusalOfCall, refusalOfOperation } from './refusal.fixture.js';
import { smallStudy } from './small-material.fixture.js';
import { StandIns } from './stand-in-artifacts.fixture.js';

jest.setTimeout(120_000);

/** Every artifact of a store, read whole. */
async function readable(location: string): Promise<string[]> {
  const artifacts = new ArtifactStore(openStore({ location }));
  const digests: string[] = [];
  for await (const { digest } of artifacts.list()) {
    const artifact = await artifacts.open(digest);
    for (const name of Object.keys(artifact.tensors)) await artifact.tensor(name);
    digests.push(digest);
  }
  return digests;
}

const extraction = (model: { contentDigest: string } | undefined, images: { contentDigest: string } | undefined, first: number) => ({
  model,
  images,
  rows: { first, count: 250 },
  taps: [],
  branches: true,
  pooling: 2,
});

describe('a disk', () => {
  let mounted: string | undefined;
  let one: OneProcess | undefined;
  const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'pipe' });

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'fathom-disk-'));
    try {
      mount('-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder);
      mounted = folder;
    } catch {
      rmSync(folder, { recursive: true });
    }
  });
  afterEach(async () => {
    await one?.close();
    one = undefined;
    if (mounted === undefined) return;
    execFileSync('umount', ['-l', mounted]);
    rmSync(mounted, { recursive: true });
    mounted = undefined;
  });

  const onDisk = (holds: string, test: (folder: string) => Promise<void>) =>
    it(holds, async () => {
      if (mounted !== undefined) return test(mounted);
      const record = process.env['FATHOM_LEFT_OUT'];
      if (record) appendFileSync(record, `a disk that ${holds}: needs the right to mount one\n`);
    });

  onDisk('is full lets nothing half-written behind, and the work goes on once there is room', async (folder) => {
    const store = join(folder, 'store');
    one = await oneProcess({ store });
    const { clients } = one;
    const { checkpoints, test } = await smallStudy(one.folder, clients);
    const before = await readable(store);
    const { operation } = await clients.activation.startExtract(extraction(checkpoints[2]!.model, test?.images, 0));
    const { operation: failed } = await clients.operations.activation.waitOperation({ name: operation!.name, timeoutMs: 0 });
    expect(failed?.state).toBe(operations.OperationState.FAILED);
    expect(refusalOfOperation(failed!)).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'STORE_FULL', domain: 'fathom' });
    expect(await readable(store)).toEqual(before);
    mount('-o', 'remount,size=256m', folder);
    const again = await clients.activation.startExtract(extraction(checkpoints[2]!.model, test?.images, 0));
    const { result } = await clients.ended('activation', again.operation);
    expect(await readable(store)).toEqual([...before, result!.contentDigest].sort());
  });

  onDisk('is read-only says so and changes nothing; what is there is still given', async (folder) => {
    const store = join(folder, 'store');
    mkdirSync(store);
    mount('-o', 'remount,size=256m', folder);
    one = await oneProcess({ store });
    const { clients } = one;
    const { checkpoints, test } = await smallStudy(one.folder, clients);
    const done = await clients.activation.startExtract(extraction(checkpoints[2]!.model, test?.images, 0));
    await clients.ended('activation', done.operation);
    const before = await readable(store);
    mount('-o', 'remount,ro', folder);
    const refused = await call(ActivationClient as never, one.address, 'startExtract', extraction(checkpoints[2]!.model, test?.images, 10)).catch(
      (error: ServiceError) => refusalOfCall(error),
    );
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'STORE_READ_ONLY', domain: 'fathom' });
    const again = await clients.activation.startExtract(extraction(checkpoints[2]!.model, test?.images, 0));
    expect(again.operation?.state).toBe(operations.OperationState.SUCCEEDED);
    expect(await readable(store)).toEqual(before);
  });
});

describe('a byte that has changed', () => {
  it('in a shard fails what reads it, naming the object, and leaves nothing behind', async () => {
    const one = await oneProcess();
    try {
      const made = new StandIns(one.store);
      const wave = (row: number, column: number): number => ((row * 7 + column * 13) % 11) / 11;
      const activations = await made.activations(200, 4, wave);
      const codes = await made.codes(200, 3, wave);
      const { key } = (await made.artifacts.open(activations.contentDigest)).manifest.shards[0]!;
      const path = join(one.store, key);
      const bytes = readFileSync(path);
      bytes[bytes.length - 5]! ^= 1;
      writeFileSync(path, bytes);
      const { operation } = await one.clients.complexity.startMeasure({ activations, layers: [], codes, probe: undefined });
      const { operation: failed } = await one.clients.operations.complexity.waitOperation({ name: operation!.name, timeoutMs: 0 });
      const refusal = refusalOfOperation(failed!);
      expect(refusal).toMatchObject({ code: 'DATA_LOSS', reason: 'CORRUPT_DATA', domain: 'fathom' });
      expect(refusal.message).toContain(key);
      const { artifacts } = await one.clients.artifacts.listArtifacts({ pageSize: 0, pageToken: '', kind: 'complexity' });
      expect(artifacts).toEqual([]);
      bytes[bytes.length - 5]! ^= 1;
      writeFileSync(path, bytes);
      const again = await one.clients.complexity.startMeasure({ activations, layers: [], codes, probe: undefined });
      expect((await one.clients.ended('complexity', again.operation)).state).toBe(operations.OperationState.SUCCEEDED);
    } finally {
      await one.close();
    }
  });
});
