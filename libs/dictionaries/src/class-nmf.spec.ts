import { InputError, unwatched } from '@fathom/errors';
import { inlineCrew, referenceEngine, type IntegerEngine } from '@fathom/exact';
import { memoryRows, type RowSource } from '@fathom/tensors';
import { fitClasses, type OneClassFit } from './class-nmf.js';
import { sparseMatrix, thrownBy } from './compare.fixture.js';
import { fitNmf } from './nmf.js';
import type { NmfOptions } from './nmf-options.js';

const crew = inlineCrew(referenceEngine);
const [n, d, classes] = [30, 6, 3];
const rows = sparseMatrix(n * d, 9);
const labels = Int32Array.from({ length: n }, (_, i) => ((i * i + 1) % classes === 2 ? 2 : i % 2));
const options = { seed: 4, atoms: 2 };

async function fitOne(source: RowSource, of: Int32Array, label: number, how: NmfOptions): Promise<OneClassFit> {
  const [fit] = await fitClasses(source, of, { from: label, to: label + 1 }, how, crew);
  return fit!;
}

describe('class-wise NMF', () => {
  it('is the same for classes that are fitted together or alone, in blocks of any size', async () => {
    const done: number[] = [];
    const source = memoryRows('acts', rows, n, d);
    const control = { throwIfCancelled: () => undefined, progress: (part: number, total: number) => done.push(part / total) };
    const all = await fitClasses(source, labels, { from: 0, to: classes }, options, crew, control);
    expect(all.map((fit) => fit.class)).toEqual([0, 1, 2]);
    for (const fit of all) {
      expect(await fitOne(source, labels, fit.class, { ...options, blockRows: 4 })).toEqual(fit);
      expect([...fit.rows]).toEqual([...labels.keys()].filter((row) => labels[row] === fit.class));
    }
    expect(done).toEqual([1 / 3, 2 / 3, 1]);
  });

  it('fits a class as if its rows were alone, with a stream of the seed of its own', async () => {
    const one = await fitOne(memoryRows('acts', rows, n, d), labels, 1, { seed: 4, atoms: 9 });
    const own = Float64Array.from([...one.rows].flatMap((row) => [...rows.subarray(row * d, (row + 1) * d)]));
    const { class: _class, rows: _rows, ...fit } = one;
    expect(fit).toEqual(await fitNmf(own, one.rows.length, d, { seed: 4, atoms: 9, stream: 'nmf/class 1' }, crew));
    const relabelled = await fitOne(
      memoryRows('acts', rows, n, d),
      labels.map((label) => 2 - label),
      1,
      { seed: 4, atoms: 9 },
    );
    expect(relabelled).toEqual(one);
    const asOther = await fitOne(
      memoryRows('acts', rows, n, d),
      labels.map((label) => (label === 1 ? 5 : 0)),
      5,
      { seed: 4, atoms: 9 },
    );
    expect(asOther.atoms).not.toEqual(one.atoms); // atoms beyond the rank are drawn from another stream
  });

  it('is stopped within the fit of a class by the flag of its control, which other threads see', async () => {
    const stopFlag = new SharedArrayBuffer(4);
    let products = 0;
    const engine: IntegerEngine = {
      ...referenceEngine,
      product: (...of) => {
        if (++products === 3) new Int32Array(stopFlag)[0] = 1;
        return referenceEngine.product(...of);
      },
    };
    const fitting = fitClasses(memoryRows('acts', rows, n, d), labels, { from: 0, to: 1 }, options, inlineCrew(engine), { ...unwatched, stopFlag });
    await expect(fitting).rejects.toMatchObject({ reason: 'CANCELLED', message: 'the fit of a class was cancelled' });
  });

  it('reads only the blocks in which the class is', async () => {
    const read: [number, number][] = [];
    const source = memoryRows('acts', rows, n, d);
    const watched = {
      ...source,
      read: (start: number, end: number) => {
        read.push([start, end]);
        return source.read(start, end);
      },
    };
    const sorted = Int32Array.from({ length: n }, (_, i) => Math.floor(i / 10));
    await fitOne(watched, sorted, 1, { ...options, blockRows: 8 });
    expect(read).toEqual([
      [10, 18],
      [18, 20],
    ]);
  });

  it.each([
    ['a class without rows', () => fitOne(memoryRows('acts', rows, n, d), labels, 7, options), 'class 7: no row of acts has this label'],
    ['too few labels', () => fitOne(memoryRows('acts', rows, n, d), labels.slice(1), 0, options), 'accepted: one for each of 30 rows of acts'],
    [
      'a negative activation, by its row among all',
      () => fitOne(memoryRows('acts', rows.with(29 * d + 2, -3), n, d), labels, labels[29]!, options),
      'acts[row 29, column 2]: negative (got -3)',
    ],
  ])('refuses %s', async (_name, call, message) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
