import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import type { Tensor } from '@fathom/tensors';
import { complaints, fathom, testFolder } from './run-fathom.fixture.js';
import { tinyStudy, writeStudy } from './small-study.fixture.js';
import { tamper } from './tamper.fixture.js';
import type { VerifiedStep } from './verified-step.js';

jest.setTimeout(180_000);

const folder = testFolder();
const file = writeStudy(folder, tinyStudy());
const ENGINE_STEPS = ['epoch-15/activations', 'epoch-15/branch-activations', 'epoch-15/sensitivity', 'epoch-15/train-activations'];
/** Steps for which no network ran and no integers were multiplied. */
const WITHOUT_PRODUCTS = ['epoch-15/model', 'epoch-15/relations'];

/** Runs the study in a store, with onnxruntime. */
async function runIn(store: string): Promise<{ study: string; steps: Record<string, string> }> {
  const { code, out, err } = await fathom(['study', 'run', file, '--store', store, '--out', join(folder, 'out'), '--json']);
  expect([code, complaints(err)]).toEqual([0, []]);
  const { artifact } = JSON.parse(out) as { artifact: string };
  const { attributes } = await new ArtifactStore(openStore(store)).open(artifact);
  return { study: artifact, steps: (attributes as unknown as { steps: Record<string, string> }).steps };
}

async function verify(store: string, engine: string): Promise<{ code: number | null; verified: boolean; rows: VerifiedStep[] }> {
  const { code, out, err } = await fathom(['study', 'verify', 'tiny', '--engine', engine, '--store', store, '--json']);
  expect(complaints(err)).toEqual([]);
  const { verified, engine: used, steps: rows } = JSON.parse(out) as { verified: boolean; engine: string; steps: VerifiedStep[] };
  expect(used).toBe(engine);
  return { code, verified, rows };
}

const store = join(folder, 'store');
let made: Awaited<ReturnType<typeof runIn>>;
beforeAll(async () => {
  made = await runIn(store);
});

const copy = (name: string): string => {
  cpSync(store, join(folder, name), { recursive: true });
  return join(folder, name);
};

describe('a study made with onnxruntime', () => {
  test.each([
    ['tensorflow', /^tensorflow \S+ \(float32 \(\S+\), 512 steps a block\)$/],
    ['reference', /^reference \S+ \(float64\)$/],
  ])('has the same bits when %s recomputes it, and each PORTABLE artifact tells of both', async (engine, recomputedBy) => {
    const { code, verified, rows } = await verify(store, engine);
    expect([code, verified]).toEqual([0, true]);
    expect(rows.map(({ step }) => step)).toEqual(['epoch-15/model', ...Object.keys(made.steps).sort()]);
    for (const by of ['madeBy', 'recomputedBy'] as const)
      expect(rows.filter((row) => row[by] === null).map(({ step }) => step)).toEqual(WITHOUT_PRODUCTS);
    for (const row of rows) {
      expect(row).toMatchObject({ outcome: 'same bits', stored: row.recomputed });
      if (WITHOUT_PRODUCTS.includes(row.step)) continue;
      expect(row.madeBy).toMatch(/^onnxruntime /);
      expect(row.recomputedBy).toMatch(ENGINE_STEPS.includes(row.step) ? /^onnxruntime \S+$/ : recomputedBy);
    }
  });

  test('is told of line by line, with the engines', async () => {
    const { out } = await fathom(['study', 'verify', 'tiny', '--store', store], { env: { FATHOM_ENGINE: 'reference' } });
    expect(out).toContain(`same bits    epoch-15/codes  ${made.steps['epoch-15/codes']!}; by onnxruntime `);
    expect(out).toMatch(/^same bits {4}epoch-15\/codes .*, then reference \S+ \(float64\)$/m);
    expect(out).toMatch(/^same bits {4}epoch-15\/activations .*; by onnxruntime \S+, both times$/m);
    expect(out).toMatch(/^(\d+) artifacts: \1 same bits, 0 within 1e-4, 0 different$/m);
  });

  test('that was altered in a PORTABLE artifact, by 1e-9 and with all digests signed again, is found out by another engine', async () => {
    const root = copy('portable');
    await tamper(root, made.study, 'epoch-15/complexity', 'k_std', (k) => (k[3] = k[3]! + 1e-9));
    const { code, rows } = await verify(root, 'tensorflow');
    expect(code).toBe(4);
    expect(rows.filter(({ outcome }) => outcome !== 'same bits')).toMatchObject([{ step: 'epoch-15/complexity', outcome: 'different' }]);
  });

  test('that was altered in an ENGINE artifact by more than 1e-4 is found out too', async () => {
    const root = copy('engine');
    await tamper(root, made.study, 'epoch-15/sensitivity', 'raw', (raw) => {
      raw[0] = raw[0]! + 2e-4 * raw.reduce((most, value) => Math.max(most, value), 0);
    });
    const { code, rows } = await verify(root, 'tensorflow');
    expect(code).toBe(4);
    expect(rows.filter(({ outcome }) => outcome !== 'same bits')).toMatchObject([
      { step: 'epoch-15/sensitivity', outcome: 'different', problem: expect.stringMatching(/^raw is off by 0\.0002/) as string },
    ]);
  });
});

test('a study whose forward pass another processor rounded: its activations are within 1e-4, and all that was made from them has the same bits', async () => {
  const elsewhere = join(folder, 'elsewhere');
  const from = new ArtifactStore(openStore(store));
  const to = new ArtifactStore(openStore(elsewhere));
  const rounded = ['epoch-15/activations', 'epoch-15/branch-activations', 'epoch-15/train-activations'];
  for (const step of rounded) {
    const artifact = await from.open(made.steps[step]!);
    const { kind, attributes, provenance } = artifact;
    const tensors: Tensor[] = [];
    for (const name of Object.keys(artifact.tensors)) tensors.push(roundedOtherwise(await artifact.tensor(name)));
    await to.setResult(provenance.requestDigest, await to.publishTensors({ kind, attributes, provenance, tensors }));
  }
  const { steps } = await runIn(elsewhere);
  for (const step of [...rounded, 'epoch-15/codes', 'epoch-15/complexity']) expect(steps[step]).not.toBe(made.steps[step]);
  const { code, verified, rows } = await verify(elsewhere, 'tensorflow');
  expect([code, verified]).toEqual([0, true]);
  const within = rows.filter(({ outcome }) => outcome === 'within 1e-4');
  expect(within.map(({ step }) => step)).toEqual(rounded);
  for (const { deviation } of within) expect(deviation).toBeLessThan(3e-6);
  expect(rows.filter(({ outcome }) => outcome === 'different')).toEqual([]);
});

/** Activations that are off by about a millionth, here up and there down. */
function roundedOtherwise(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'F32') return tensor;
  return { ...tensor, data: Float32Array.from(tensor.data as Float32Array, (value, at) => value * (1 + ((at % 3) - 1) * 1e-6)) };
}
