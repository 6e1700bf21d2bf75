import { ArtifactStore, type Artifact, type Provenance } from '@fathom/artifacts';
import { memoryStore } from '@fathom/store';
import type { Tensor } from '@fathom/tensors';
import { compareArtifacts } from './compare-artifacts.js';

type Class = Provenance['determinism'];

/** Two columns, of sizes about 4 and about 0.01, one that is 0, and whole numbers. */
const VALUES = [4, 0.01, 0, -2, 0.005, 0, 1, -0.002, 0];
const at = (index: number, value: number): number[] => VALUES.map((old, i) => (i === index ? value : old));

async function made(
  values: readonly number[],
  determinism: Class = 'ENGINE',
  change: { facts?: object; tensors?: Tensor[] } = {},
): Promise<Artifact> {
  const artifacts = new ArtifactStore(memoryStore());
  const provenance: Provenance = {
    job: 'test',
    requestDigest: '0'.repeat(64),
    request: {},
    inputs: [],
    codeVersion: '0',
    engine: { name: 'test', version: '1' },
    determinism,
  };
  const tensors: Tensor[] = change.tensors ?? [
    { name: 'x', dtype: 'F32', shape: [3, 3], data: Float32Array.from(values) },
    { name: 'labels', dtype: 'I32', shape: [3], data: Int32Array.from([0, 1, 2]) },
  ];
  return artifacts.open(await artifacts.publishTensors({ kind: 'activations', attributes: { of: 'test', ...change.facts }, tensors, provenance }));
}

const outcome = async (stored: Artifact, again: Artifact): Promise<string> => (await compareArtifacts(stored, again)).outcome;

describe('an artifact that was made again', () => {
  it('is the same where it has the same bits, whatever its class', async () => {
    for (const determinism of ['ENGINE', 'PORTABLE'] as const)
      expect(await outcome(await made(VALUES, determinism), await made(VALUES, determinism))).toBe('same bits');
  });

  it('of class ENGINE may be off by 1e-4 of the largest size in the column, and by no more', async () => {
    const again = await made(VALUES);
    const likeness = await compareArtifacts(await made(at(3, -2 + 3.9e-4)), again);
    expect(likeness).toEqual({ outcome: 'within 1e-4', deviation: expect.closeTo(0.975e-4, 6) as number });
    expect(await outcome(await made(at(3, -2 + 4.1e-4)), again)).toBe('different');
  });

  it('is measured column by column: what is little in one is much in another', async () => {
    const again = await made(VALUES);
    expect(await outcome(await made(at(6, 1 + 2e-6)), again)).toBe('within 1e-4');
    expect(await outcome(await made(at(7, -0.002 + 2e-6)), again)).toBe('different');
    expect(await compareArtifacts(await made(at(2, 1e-30)), again)).toEqual({
      outcome: 'different',
      problem: expect.stringContaining('x is off') as string,
    });
  });

  it('is measured by the largest size of the one that was made again: a large number that was put in does not excuse itself', async () => {
    expect(await outcome(await made(at(0, 1e9)), await made(VALUES))).toBe('different');
  });

  it('of class PORTABLE has the same bits or is different, also where the stored one calls itself ENGINE', async () => {
    const again = await made(VALUES, 'PORTABLE');
    for (const determinism of ['PORTABLE', 'ENGINE'] as const)
      expect(await outcome(await made(at(0, 4.00001), determinism), again)).toBe('different');
  });

  it('is different where anything but its floating-point numbers is', async () => {
    const again = await made(VALUES);
    const x: Tensor = { name: 'x', dtype: 'F32', shape: [3, 3], data: Float32Array.from(VALUES) };
    const labels: Tensor = { name: 'labels', dtype: 'I32', shape: [3], data: Int32Array.from([0, 1, 1]) };
    const others: Record<string, Awaited<ReturnType<typeof made>>> = {
      fact: await made(VALUES, 'ENGINE', { facts: { of: 'other' } }),
      label: await made(VALUES, 'ENGINE', { tensors: [x, labels] }),
      tensor: await made(VALUES, 'ENGINE', { tensors: [x] }),
      shape: await made(VALUES, 'ENGINE', { tensors: [{ ...x, shape: [9, 1] }, labels] }),
    };
    for (const [name, other] of Object.entries(others)) expect([name, await outcome(other, again)]).toEqual([name, 'different']);
  });
});
