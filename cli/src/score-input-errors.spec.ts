import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensors, type Tensor } from '@fathom/tensors';
import { f64, rawSafetensors, SIZES, smallArrays, writeArrays } from './arrays.fixture.js';
import { expectComplaint, fathom, testFolder } from './run-fathom.fixture.js';

const root = testFolder();
const { n, d, k, classes } = SIZES;

/** What is put into a folder of good arrays; what a sentence must say; the exit code, 2 unless told. */
interface Case {
  readonly files?: Readonly<Record<string, readonly Tensor[]>>;
  readonly raw?: Readonly<Record<string, string | Uint8Array>>;
  readonly says: readonly (string | RegExp)[];
  readonly code?: number;
}

const one = (): number => 1;
const spoilt = (file: string, name: string, index: number, value: number): Readonly<Record<string, readonly Tensor[]>> => {
  const tensors = smallArrays()[file]!;
  (tensors.find((tensor) => tensor.name === name)!.data as Float64Array)[index] = value;
  return { [file]: tensors };
};
const header = (entries: Record<string, unknown>, bytes: number): Record<string, Uint8Array> => ({
  'layers.safetensors': rawSafetensors(JSON.stringify(entries), bytes),
});
const entry = (shape: readonly number[], begin: number, end: number, dtype = 'F64') => ({ dtype, shape, data_offsets: [begin, end] });
const size = n * d * 8;

const CASES: Readonly<Record<string, Case>> = {
  'layers file that is cut off': {
    raw: { 'layers.safetensors': encodeSafetensors(smallArrays()['layers.safetensors']!).subarray(0, 2000) },
    says: ['layers.safetensors'],
  },
  'layers file of 3 bytes': { raw: { 'layers.safetensors': 'abc' }, says: ['layers.safetensors', 'got 3', 'at least 8 bytes'] },
  'layers file whose header is no JSON': { raw: { 'layers.safetensors': rawSafetensors('{nonsense', 0) }, says: ['layers.safetensors', 'JSON'] },
  'offsets outside the file': {
    raw: header({ block1: entry([n, d], 0, size), block2: entry([n, d], size, 2 * size) }, size),
    says: ['layers.safetensors', 'block2'],
  },
  'overlapping tensors': {
    raw: header({ block1: entry([n, d], 0, size), block2: entry([n, d], 8, size + 8) }, size + 8),
    says: ['layers.safetensors', 'block2', 'overlap'],
  },
  'shape that does not fit its bytes': { raw: header({ block1: entry([n, 10 * d], 0, size) }, size), says: ['layers.safetensors', 'block1'] },
  'huge shape': { raw: header({ block1: entry([2 ** 40, 2 ** 40], 0, size) }, size), says: ['layers.safetensors', 'block1', '1099511627776'] },
  'unknown dtype': { raw: header({ block1: entry([n, d], 0, size, 'F13') }, size), says: ['layers.safetensors', 'block1', 'F13', 'F32'] },
  'tensor named twice': {
    raw: {
      'layers.safetensors': rawSafetensors(
        `{"a":${JSON.stringify(entry([n, d], 0, size))},"a":${JSON.stringify(entry([n, d], size, 2 * size))}}`,
        2 * size,
      ),
    },
    says: ['layers.safetensors', 'a'],
  },
  'layers file without tensors': { files: { 'layers.safetensors': [] }, says: ['layers.safetensors', 'no tensor', '[n, d]'] },
  'no layers file': { raw: {}, files: {}, says: ['layers.safetensors is missing'], code: 3 },
  'layer of rank 3': {
    files: { 'layers.safetensors': [f64('block1', [n, 2, 3], one)] },
    says: ['layers.safetensors: block1', '[120,2,3]', '[any, any]'],
  },
  'NaN in a layer': {
    files: spoilt('layers.safetensors', 'block2', 7 * d + 2, NaN),
    says: ['layers.safetensors: block2, row 7, column 2', 'NaN', 'finite'],
  },
  'infinity in a layer': {
    files: spoilt('layers.safetensors', 'block1', 119 * d, -Infinity),
    says: ['layers.safetensors: block1, row 119, column 0', '-Infinity'],
  },
  'NaN in the codes': { files: spoilt('codes.safetensors', 'z', 3 * k + 1, NaN), says: ['codes.safetensors: z, row 3, column 1', 'NaN'] },
  'infinity in a checkpoint': {
    files: spoilt('checkpoints.safetensors', 'epoch1', 5, Infinity),
    says: ['checkpoints.safetensors: epoch1, row 0, column 5', 'Infinity'],
  },
  'NaN in the dictionary': { files: spoilt('dictionary.safetensors', 'D', d + 1, NaN), says: ['dictionary.safetensors: D, row 1, column 1', 'NaN'] },
  'infinity in the head': { files: spoilt('head.safetensors', 'W', classes, Infinity), says: ['head.safetensors: W, row 1, column 0', 'Infinity'] },
  'NaN in noisy codes': {
    files: spoilt('noisy_codes.safetensors', 'z', ((1 * 3 + 2) * 5 + 4) * k + 3, NaN),
    says: ['noisy_codes.safetensors', 'strength 1, draw 2, row 4, column 3', 'NaN'],
  },
  'layers with different row counts': {
    files: { 'layers.safetensors': [f64('block1', [n, d], one), f64('block2', [n - 1, d], one)] },
    says: ['block2', 'got 119', '120 rows'],
  },
  'codes with another row count': {
    files: { 'codes.safetensors': [f64('z', [n + 1, k], one)] },
    says: ['codes.safetensors: z', 'got 121', '120 rows'],
  },
  'checkpoint with another row count': {
    files: { 'checkpoints.safetensors': [f64('epoch1', [n + 2, d], one)] },
    says: ['checkpoints.safetensors: epoch1', 'got 122', '120 rows'],
  },
  'no more rows than folds': {
    files: {
      'layers.safetensors': [f64('block1', [5, d], Math.sqrt)],
      'codes.safetensors': [f64('z', [5, k], Math.sqrt)],
      'checkpoints.safetensors': [f64('a', [5, d], Math.sqrt)],
      'rows.safetensors': [],
    },
    says: [/rows/, '5'],
  },
  'no features': { files: { 'codes.safetensors': [f64('z', [n, 0], one)] }, says: ['codes.safetensors: z', '[120,0]'] },
  'codes under another name': { files: { 'codes.safetensors': [f64('codes', [n, k], one)] }, says: ['codes.safetensors', 'no tensor "z"', 'codes'] },
  'masks of another width': { files: { 'masks.safetensors': [f64('m', [3, d + 1], one)] }, says: ['masks.safetensors: m', '[3,7]', '[any, 6]'] },
  'mask that is neither 0 nor 1': {
    files: { 'masks.safetensors': [f64('m', [3, d], (i) => (i === 8 ? 0.5 : 1))] },
    says: ['masks.safetensors: m, row 1, column 2', '0.5'],
  },
  'head of another width': {
    files: { 'head.safetensors': [f64('W', [d + 1, classes], one), f64('b', [classes], one)] },
    says: ['head.safetensors: W', '[7,3]', '[6, any]'],
  },
  'head without bias': { files: { 'head.safetensors': [f64('W', [d, classes], one)] }, says: ['head.safetensors', 'no tensor "b"'] },
  'dictionary of another size': {
    files: { 'dictionary.safetensors': [f64('D', [k + 1, d], one)] },
    says: ['dictionary.safetensors: D', '[5,6]', '[4, 6]'],
  },
  'noisy codes of another number of features': {
    files: { 'noisy_codes.safetensors': [f64('z', [2, 3, 5, k + 1], one)] },
    says: ['noisy_codes.safetensors: z', '[2,3,5,5]'],
  },
  'label out of range': {
    files: { 'rows.safetensors': [f64('labels', [n], (i) => (i === 9 ? classes : 0))] },
    says: ['labels, row 9', 'got 3', 'from 0 to 2'],
  },
  'too few labels': { files: { 'rows.safetensors': [f64('labels', [n - 1], one)] }, says: ['rows.safetensors: labels', '[119]', '[120]'] },
  'permutation that repeats a row': {
    files: { 'rows.safetensors': [f64('permutation', [n], (i) => (i === 1 ? 0 : i))] },
    says: ['permutation, row 1', 'got 0', 'once'],
  },
  'permutation outside the rows': {
    files: { 'rows.safetensors': [f64('permutation', [n], (i) => (i === 4 ? n : i))] },
    says: ['permutation, row 4', 'got 120'],
  },
  'case.json that is no JSON': { raw: { 'case.json': '{folds: 5}' }, says: ['case.json', 'not JSON'] },
  'case.json that is a list': { raw: { 'case.json': '[5]' }, says: ['case.json', 'no JSON object'] },
  'folds as text': { raw: { 'case.json': '{"folds": "5"}' }, says: ['case.json: folds', 'got 5', 'whole number of at least 3'] },
  'two folds': { raw: { 'case.json': '{"folds": 2}' }, says: ['case.json: folds', 'got 2', 'at least 3'] },
  'alphas that fall': { raw: { 'case.json': '{"alphas": [1, 0.1]}' }, says: ['case.json: alphas', '[1,0.1]', 'ascending'] },
  'no layers chosen': { raw: { 'case.json': '{"layers": []}' }, says: ['case.json: layers', 'a list of tensor names'] },
  'a layer that is not there': { raw: { 'case.json': '{"layers": ["block1", "block9"]}' }, says: ['layers', 'got block9', 'block1, block2'] },
  'a layer twice': { raw: { 'case.json': '{"layers": ["block1", "block1"]}' }, says: ['layers', 'twice'] },
  'a negative seed': { raw: { 'case.json': '{"seed": -1}' }, says: ['case.json: seed', 'got -1'] },
};

const folderOf = (name: string): string => join(root, name.replaceAll(/\W+/g, '-'));

test.concurrent.each(Object.entries(CASES))(
  '%s: refused in one line, and nothing is written',
  async (name, { files = {}, raw = {}, says, code = 2 }) => {
    const folder = folderOf(name);
    mkdirSync(folder, { recursive: true });
    if (name !== 'no layers file') writeArrays(folder, { ...smallArrays(), ...files });
    for (const [file, content] of Object.entries(raw)) writeFileSync(join(folder, file), content);
    const out = join(folder, 'out');
    mkdirSync(out);
    expectComplaint(await fathom(['score', folder, '--out', join(out, 'scores.json')]), code, says);
    expect(readdirSync(out)).toEqual([]);
  },
);

test('a file of zeros larger than its header says is refused before anything is read', async () => {
  const folder = folderOf('long header');
  mkdirSync(folder);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(2n ** 62n);
  writeFileSync(join(folder, 'layers.safetensors'), length);
  expectComplaint(await fathom(['score', folder, '--out', join(folder, 'o.json')]), 2, ['layers.safetensors']);
});

describe('a place that cannot be written is found out before the work', () => {
  const folder = folderOf('good');
  beforeAll(() => writeArrays(folder, smallArrays()));

  test('a folder in place of the file', async () => {
    const ended = await fathom(['score', folder, '--out', folder]);
    expectComplaint(ended, 2, ['--out', folder, 'a file to write']);
    expect(ended.err).not.toContain('layers, in this order');
  });

  test('a file in place of the folder', async () => {
    writeFileSync(join(root, 'file'), 'kept');
    expectComplaint(await fathom(['score', folder, '--out', join(root, 'file', 'scores.json')]), 2, ['--out', join(root, 'file')]);
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('kept');
  });
});

test('a dead feature and a constant channel are allowed: R² = 0 and K_std = 1 for the one, nothing special for the other', async () => {
  const folder = folderOf('dead');
  const { 'layers.safetensors': layers, 'codes.safetensors': codes } = smallArrays();
  const flat = (tensor: Tensor, column: number, columns: number): Tensor => ({
    ...tensor,
    data: (tensor.data as Float64Array).map((value, i) => (i % columns === column ? 0.25 : value)),
  });
  writeArrays(folder, { 'layers.safetensors': [flat(layers![0]!, 1, d), layers![1]!], 'codes.safetensors': [flat(codes![0]!, 2, k)] });
  const out = join(root, 'dead.json');
  const ended = await fathom(['score', folder, '--out', out]);
  expect([ended.code, existsSync(out)]).toEqual([0, true]);
  const scores = JSON.parse(readFileSync(out, 'utf8')) as { dead: number; k_std: number[]; r2: number[][]; variance: number[] };
  expect(scores.dead).toBe(1);
  expect([scores.k_std[2], scores.r2[2], scores.variance[2]]).toEqual([1, [0, 0], 0]);
  expect(JSON.stringify(scores)).not.toContain('null,');
});
