import { closeSync, cpSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { smallArrays, writeArrays } from './arrays.fixture.js';
import { fathom, ROOT, testFolder } from './run-fathom.fixture.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Scores = Record<string, Json>;

const GOLDEN = join(ROOT, 'libs/measures/golden');
const folder = testFolder();

const read = (path: string): Scores => JSON.parse(readFileSync(path, 'utf8')) as Scores;

/** Every number of `expected` is in `actual`, within an absolute and a relative distance. */
function expectNear(name: string, actual: Json | undefined, expected: Json, absolute: number, relative: number): void {
  if (typeof expected === 'number') {
    const far = typeof actual !== 'number' || !(Math.abs(actual - expected) <= Math.max(absolute, relative * Math.abs(expected)));
    if (far) throw new Error(`${name}: ${JSON.stringify(actual)} instead of ${expected}`);
  } else if (Array.isArray(expected)) {
    expect([name, (actual as Json[]).length]).toEqual([name, expected.length]);
    expected.forEach((value, i) => expectNear(`${name}[${i}]`, (actual as Json[])[i], value, absolute, relative));
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected)) expectNear(`${name}.${key}`, (actual as Scores)[key], value, absolute, relative);
  } else expect(actual).toBe(expected);
}

/** What takes no fixed point, or 44 bits of it. */
const FULL = ['importance', 'importance_signed', 'prediction_agreement', 'reconstruction_r2', 'hoyer'];
const EQUAL = ['dead', 'alpha', 'prevalence', 'ablation'];

describe.each([
  ['planted', 16, 1e-4],
  ['planted', 24, 1e-6],
  ['wide', 16, 1e-4],
  ['wide', 24, 1e-6],
] as const)('fathom score on golden/%s with %i bits', (name, bits, near) => {
  const out = join(folder, `${name}-${bits}.json`);
  const expected = read(join(GOLDEN, name, 'expected.json'));

  beforeAll(async () => {
    const { code, err } = await fathom(['score', join(GOLDEN, name), '--bits', String(bits), '--out', out]);
    expect(err).toContain('layers, in this order: 00_block, 01_block, 02_block, 03_block, 04_block\n');
    expect(err).toContain('checkpoints, in this order: 00_epoch, 01_epoch, 02_epoch, 03_epoch\n');
    expect(code).toBe(0);
  });

  test('has the keys of expected.json, but nnls', () => {
    const { nnls: _nnls, ...wanted } = expected;
    expect(Object.keys(read(out)).sort()).toEqual(Object.keys(wanted).sort());
  });

  test('gives every number of the reference: within so much of it, or of its size where that is above 1', () => {
    const scores = read(out);
    for (const [key, value] of Object.entries(expected)) {
      if (key === 'nnls') continue;
      if (EQUAL.includes(key)) expectNear(key, scores[key], value, 0, 0);
      else if (FULL.includes(key)) expectNear(key, scores[key], value, 1e-10, 1e-10);
      // Features that differ by less than the error may change places in a rank.
      else if (key.endsWith('correlations')) expectNear(key, scores[key], value, bits === 16 ? 1e-3 : near, 0);
      else expectNear(key, scores[key], value, near, near);
    }
  });

  if (name === 'planted' && bits === 16)
    test('finds the layer at which each feature was planted', () => {
      const { born } = read(join(GOLDEN, name, 'case.json')) as unknown as { born: number[] };
      const { r2, variance } = read(out) as unknown as { r2: number[][]; variance: number[] };
      const live = born.map((_, j) => j).filter((j) => variance[j]! > 0);
      const found = live.map((j) => r2[j]!.findIndex((value) => value > Math.max(...r2[j]!) / 2));
      expect(found).toEqual(live.map((j) => born[j]));
    });
});

test('bits that there are not are refused', async () => {
  for (const bits of ['8', 'many', '0', '']) {
    const { code, err } = await fathom(['score', join(GOLDEN, 'planted'), '--bits', bits, '--out', join(folder, 'none.json')]);
    expect([code, err]).toEqual([2, expect.stringMatching(/^fathom: --bits: no fixed point.*; accepted: 16 or 24\n$/)]);
  }
});

/** The keys that go with each file. */
const GONE: Readonly<Record<string, readonly string[]>> = {
  'head.safetensors': ['importance', 'importance_signed', 'prediction_agreement', 'reconstruction_r2', 'ablation'],
  'dictionary.safetensors': ['importance', 'importance_signed', 'prediction_agreement', 'reconstruction_r2', 'ablation', 'hoyer'],
  'noisy_codes.safetensors': ['sensitivity'],
  'checkpoints.safetensors': ['lambda', 'lambda_raw'],
  'masks.safetensors': [],
  'rows.safetensors': [],
  'case.json': [],
};

describe('what an absent file prevents is absent', () => {
  const whole = join(folder, 'whole');
  let all: Scores;

  beforeAll(async () => {
    writeArrays(whole, smallArrays());
    writeFileSync(join(whole, 'case.json'), '{"folds": 4}');
    expect((await fathom(['score', whole, '--out', join(folder, 'whole.json')])).code).toBe(0);
    all = read(join(folder, 'whole.json'));
  });

  test.each(Object.keys(GONE))('without %s', async (file) => {
    const part = join(folder, `without-${file}`);
    cpSync(whole, part, { recursive: true });
    rmSync(join(part, file));
    const out = join(folder, `without-${file}.json`);
    const ended = await fathom(['score', part, '--out', out]);
    expect([ended.code, ended.err]).toEqual([0, expect.any(String)]);
    const scores = read(out);
    expect(
      Object.keys(all)
        .filter((key) => !(key in scores))
        .sort(),
    ).toEqual([...GONE[file]!].sort());
    const relations = Object.keys(scores['correlations'] as object);
    for (const key of GONE[file]!) expect(relations.filter((relation) => relation.endsWith(`~${key}`))).toEqual([]);
    if (file === 'dictionary.safetensors') expect(scores['partial_correlations']).toEqual({});
    expect(JSON.stringify(scores)).not.toContain('null,');
  });
});

describe('the order of layers', () => {
  const arrays = join(folder, 'order');
  const { 'codes.safetensors': codes, 'layers.safetensors': layers } = smallArrays();
  const named = (names: readonly string[]) => names.map((name, i) => ({ ...layers![i % 2]!, name }));
  const score = async (names: readonly string[], settings: object, ...more: string[]) => {
    rmSync(arrays, { recursive: true, force: true });
    writeArrays(arrays, { 'codes.safetensors': codes!, 'layers.safetensors': named(names) });
    writeFileSync(join(arrays, 'case.json'), JSON.stringify(settings));
    return fathom(['score', arrays, '--out', join(folder, 'order.json'), ...more]);
  };

  test('is refused where letters and numbers disagree, naming both', async () => {
    const { code, err } = await score(['block10', 'block2'], {});
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^fathom: layers: .*\(got block10 or block2 at place 1\); accepted: .*"layers" in case.json\n$/),
    ]);
  });

  test('is that of case.json, which may also leave layers out', async () => {
    const { code, err } = await score(['block1', 'block2', 'block10'], { layers: ['block10', 'block2'] });
    expect([code, err]).toEqual([0, expect.stringContaining('layers, in this order: block10, block2\n')]);
    const { r2 } = read(join(folder, 'order.json')) as unknown as { r2: number[][] };
    await score(['block2', 'block10'], { layers: ['block2', 'block10'] });
    const { r2: other } = read(join(folder, 'order.json')) as unknown as { r2: number[][] };
    // Both files hold the same two tensors under these names, the other way round.
    expect(r2).toEqual(other);
  });

  test('--json prints one object with the order used and where the scores are', async () => {
    const { code, out } = await score(['a', 'b'], {}, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ scores: join(folder, 'order.json'), features: 4, layers: ['a', 'b'], checkpoints: [] });
  });
});

test('a file of more than 2 GB is not read whole: a tensor that is not used costs nothing, one behind it is found', async () => {
  const arrays = join(folder, 'large');
  const { 'codes.safetensors': codes, 'layers.safetensors': layers } = smallArrays();
  writeArrays(arrays, { 'codes.safetensors': codes!, 'layers.safetensors': layers! });
  expect((await fathom(['score', arrays, '--out', join(folder, 'small.json')])).code).toBe(0);
  rmSync(arrays, { recursive: true });
  mkdirSync(arrays);
  // Sparse: an unused tensor of 3 GiB of zeros, then the two layers behind it.
  const first = 3 * 2 ** 30;
  const shape = layers![0]!.shape;
  const bytes = shape[0]! * shape[1]! * 8;
  const entry = (place: number) => ({ dtype: 'F64', shape, data_offsets: [first + place * bytes, first + (place + 1) * bytes] });
  const header = Buffer.from(
    JSON.stringify({ unused: { dtype: 'U8', shape: [first / 4, 4], data_offsets: [0, first] }, block1: entry(0), block2: entry(1) }),
  );
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(arrays, 'layers.safetensors'), Buffer.concat([start, header]));
  const file = openSync(join(arrays, 'layers.safetensors'), 'r+');
  ftruncateSync(file, 8 + header.length + first + 2 * bytes);
  layers!.forEach(({ data }, place) =>
    writeSync(file, new Uint8Array((data as Float64Array).buffer), 0, bytes, 8 + header.length + first + place * bytes),
  );
  closeSync(file);
  writeArrays(arrays, { 'codes.safetensors': codes! });
  writeFileSync(join(arrays, 'case.json'), '{"layers": ["block1", "block2"]}');
  const ended = await fathom(['score', arrays, '--out', join(folder, 'large.json')]);
  expect([ended.code, ended.err]).toEqual([0, expect.any(String)]);
  expect(read(join(folder, 'large.json'))).toEqual(read(join(folder, 'small.json')));
});
