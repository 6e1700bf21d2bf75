import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'fathom-bench-'));
const env = { ...process.env, FATHOM_BENCH_CACHE: join(folder, 'cache') };
const script = (name: string): string => join(__dirname, name);
const node = async (...parameters: string[]): Promise<string> => (await run(process.execPath, parameters, { env })).stdout;

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the synthetic artifacts', () => {
  const sizes = ['--rows', '2500', '--widths', '12,20', '--features', '30,6'];

  it('are made once, and a longer set begins with the rows of a shorter one', async () => {
    interface Data {
      store: string;
      activations: string;
      codes: Record<string, string>;
    }
    interface Part {
      start: number;
      blockDigests: string[];
    }
    const make = async (...parameters: string[]): Promise<Data> => JSON.parse(await node(script('scale-data.mjs'), ...parameters)) as Data;
    const first = await make(...sizes);
    expect(await make(...sizes)).toEqual(first);
    const longer = await make('--rows', '3000', ...sizes.slice(2));
    interface Manifest {
      shards: { tensors: Record<string, Part> }[];
      tensors: Record<string, { ranges: string }>;
    }
    const manifestOf = ({ store }: Data, digest: string): Manifest => {
      const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(store, ...path), 'utf8'));
      const { manifest } = read('artifacts', digest.slice('sha256:'.length)) as { manifest: string };
      return read('blobs', manifest.slice(0, 2), manifest) as Manifest;
    };
    const firstShard = (data: Data, digest: string, tensor: string): Part =>
      manifestOf(data, digest)
        .shards.map(({ tensors }) => tensors[tensor])
        .find((part) => part?.start === 0)!;
    /** Minima and maxima of the first shard's columns: what follows the head of a safetensors file. */
    const rangesOf = (data: Data, digest: string, tensor: string): { min: Float64Array; max: Float64Array } => {
      const bytes = readFileSync(join(data.store, manifestOf(data, digest).tensors[tensor]!.ranges));
      const values = new Float64Array(new Uint8Array(bytes.subarray(8 + Number(bytes.readBigUInt64LE()))).buffer);
      return { min: values.subarray(0, values.length / 2), max: values.subarray(values.length / 2) };
    };
    for (const [of, name] of [
      [(data: Data) => data.activations, 'layer-01'],
      [(data: Data) => data.activations, 'layer-02'],
      [(data: Data) => data.codes['30']!, 'z'],
    ] as const) {
      const [short, long] = [first, longer].map((data) => firstShard(data, of(data), name));
      expect(long!.blockDigests.slice(0, 2)).toEqual(short!.blockDigests.slice(0, 2));
      const { min, max } = rangesOf(first, of(first), name);
      expect(new Set(min)).toEqual(new Set([0]));
      expect(Math.min(...max)).toBeGreaterThan(0);
    }
  });
});

describe('the comparison with peers', () => {
  it('runs a row of ours in small, and keeps its figures', async () => {
    const out = join(folder, 'peers.json');
    const printed = await node(script('peers.mjs'), '--quick', '--without-peers', '--row', 'gram', '--out', out);
    expect(printed).toContain('gram: Gram matrix, 2048 × 256');
    const { rows } = JSON.parse(readFileSync(out, 'utf8')) as { rows: Record<string, { ours: { seconds: number; peakMemory: number } }> };
    expect(rows['gram']!.ours.seconds).toBeGreaterThan(0);
    expect(rows['gram']!.ours.peakMemory).toBeGreaterThan(1e6);
  });

  it('says which rows there are', async () => {
    await expect(node(script('peers.mjs'), '--row', 'nothing')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no row "nothing"; there are K, K-sklearn,') as string,
    });
  });
});

describe('short measurements', () => {
  it('are made in turn, ours and the peers', async () => {
    const code = `import(${JSON.stringify(script('in-turn.mjs'))}).then(async ({ inTurn, speed }) => {
      const order = [];
      const of = (name, ...times) => async () => (order.push(name), { seconds: times.shift(), shown: name + times.length });
      const peers = [{ name: 'A', run: of('a', 3, 8, 2) }, { name: 'none', run: async () => undefined }];
      const found = await inTurn(of('us', 1, 2, 4), peers, 3);
      console.log(JSON.stringify({ order: order.join(' '), ...found, speed: speed(found.ours, found.peers[0]) }));
    })`;
    expect(JSON.parse(await node('-e', code))).toEqual({
      order: 'us a us a us a',
      ours: { seconds: 2, shown: 'us1', allSeconds: [1, 2, 4] },
      peers: [{ name: 'A', seconds: 3, shown: 'a2', allSeconds: [3, 8, 2], ratio: { median: 3, least: 0.5, greatest: 4, pairs: 3 } }],
      speed: '3.00× as fast (0.500 to 4.00 in 3 pairs)',
    });
  });

  it('and long ones, made once, tell the ratio of their times', async () => {
    const code = `import(${JSON.stringify(script('in-turn.mjs'))}).then(({ speed }) => console.log(speed({ seconds: 2 }, { seconds: 9, reached: false })))`;
    expect(await node('-e', code)).toBe('at least 4.50× as fast\n');
  });
});

describe('the fit of growth', () => {
  it('finds the exponent of a power', async () => {
    const code = `import(${JSON.stringify(script('growth.mjs'))}).then(({ growth }) => console.log(JSON.stringify(growth([[1, 3], [2, 12], [4, 48]]))))`;
    const { exponent, factor } = JSON.parse(await node('-e', code)) as { exponent: number; factor: number };
    expect(exponent).toBeCloseTo(2, 12);
    expect(factor).toBeCloseTo(3, 12);
  });
});
