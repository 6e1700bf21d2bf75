import { InputError } from '@fathom/errors';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import { fitClassNmf, fitOneClass } from './class-nmf.js';
import { sparseMatrix, thrownBy } from './compare.fixture.js';
import { fitNmf } from './nmf.js';

const crew = inlineCrew(referenceEngine);
const [n, d, classes] = [30, 6, 3];
const rows = sparseMatrix(n * d, 9);
const labels = Int32Array.from({ length: n }, (_, i) => ((i * i + 1) % classes === 2 ? 2 : i % 2));
const input = { rows, n, d, labels, classes };
const options = { seed: 4, atoms: 2 };

describe('class-wise NMF', () => {
  it('stacks the dictionaries of the classes in class order', async () => {
    const done: number[] = [];
    const whole = await fitClassNmf(input, options, crew, { throwIfCancelled: () => undefined, progress: (part, total) => done.push(part / total) });
    expect(whole.atoms).toHaveLength(classes * 2 * d);
    for (let label = 0; label < classes; label++) {
      const one = await fitOneClass(memoryRows('acts', rows, n, d), labels, label, { ...options, blockRows: 4 }, crew);
      expect(one.atoms).toEqual(whole.atoms.slice(label * 2 * d, (label + 1) * 2 * d));
      expect([...one.rows]).toEqual([...labels.keys()].filter((row) => labels[row] === label));
      const { loss, relativeLoss, sweeps, converged, deadAtoms } = one;
      expect(whole.perClass[label]).toEqual({ class: label, rows: one.rows.length, loss, relativeLoss, sweeps, converged, deadAtoms });
    }
    expect(done).toEqual([1 / 3, 2 / 3, 1]);
  });

  it('fits a class as if its rows were alone, with a stream of the seed of its own', async () => {
    const one = await fitOneClass(memoryRows('acts', rows, n, d), labels, 1, { seed: 4, atoms: 9 }, crew);
    const own = Float64Array.from([...one.rows].flatMap((row) => [...rows.subarray(row * d, (row + 1) * d)]));
    const { class: _class, rows: _rows, ...fit } = one;
    expect(fit).toEqual(await fitNmf(own, one.rows.length, d, { seed: 4, atoms: 9, stream: 'nmf/class 1' }, crew));
    const relabelled = await fitOneClass(
      memoryRows('acts', rows, n, d),
      labels.map((label) => 2 - label),
      1,
      { seed: 4, atoms: 9 },
      crew,
    );
    expect(relabelled).toEqual(one);
    const asOther = await fitOneClass(
      memoryRows('acts', rows, n, d),
      labels.map((label) => (label === 1 ? 5 : 0)),
      5,
      { seed: 4, atoms: 9 },
      crew,
    );
    expect(asOther.atoms).not.toEqual(one.atoms); // atoms beyond the rank are drawn from another stream
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
    await fitOneClass(watched, sorted, 1, { ...options, blockRows: 8 }, crew);
    expect(read).toEqual([
      [10, 18],
      [18, 20],
    ]);
  });

  it.each([
    ['a class without rows', () => fitClassNmf({ ...input, classes: 4 }, options, crew), 'class 3: no row of activations has this label'],
    ['such a class alone', () => fitOneClass(memoryRows('acts', rows, n, d), labels, 7, options, crew), 'class 7: no row of acts has this label'],
    [
      'a label beyond the classes',
      () => fitClassNmf({ ...input, classes: 2 }, options, crew),
      `labels[${labels.indexOf(2)}]: no such class (got 2); accepted: an integer from 0 to 1`,
    ],
    ['a negative label', () => fitClassNmf({ ...input, labels: labels.with(5, -1) }, options, crew), 'labels[5]: no such class (got -1)'],
    ['too few labels', () => fitClassNmf({ ...input, labels: labels.slice(1) }, options, crew), 'labels: wrong number of labels (got 29)'],
    [
      'too few labels for a source',
      () => fitOneClass(memoryRows('acts', rows, n, d), labels.slice(1), 0, options, crew),
      'accepted: one for each of 30 rows of acts',
    ],
    ['no classes', () => fitClassNmf({ ...input, classes: 0 }, options, crew), 'classes: not a possible number (got 0)'],
    [
      'a negative activation, by its row among all',
      () => fitClassNmf({ ...input, rows: rows.with(29 * d + 2, -3) }, options, crew),
      'activations[row 29, column 2]: negative (got -3)',
    ],
  ])('refuses %s', async (_name, call, message) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
