import { memoryRows } from '@fathom/tensors';

import { ablation } from './ablation.js';
import { crew } from './crews.fixture.js';
import { checkedDecision, type DecisionInputs } from './decision-inputs.js';
import { randomDecision } from './decision.fixture.js';
import { importance } from './importance.js';
import { rangesOf } from './probe-arrays.fixture.js';

const good = randomDecision(1, 6, 4, 3, 2);

describe('the inputs of a decision', () => {
  it.each<[string, Partial<DecisionInputs>, string]>([
    [
      'a dictionary of other channels',
      { D: new Float64Array(15) },
      'D: wrong number of values (got 15); accepted: 3 × 4 values (features of z × channels of a)',
    ],
    [
      'a head of other channels',
      { W: new Float64Array(10) },
      'W: wrong number of values (got 10); accepted: 4 × 2 values (channels of a × classes of b)',
    ],
    [
      'a bias of other classes',
      { b: new Float64Array(3) },
      'W: wrong number of values (got 8); accepted: 4 × 3 values (channels of a × classes of b)',
    ],
    ['no class', { b: [], W: [] }, 'b: no classes (got 0)'],
    ['codes of other rows', { z: memoryRows('z', new Float64Array(15), 5, 3) }, 'z: wrong number of rows (got 5); accepted: 6 rows, as a has'],
    ['no rows', { a: memoryRows('a', [], 0, 4), z: memoryRows('z', [], 0, 3) }, 'a: no rows (got 0)'],
    ['no features', { z: memoryRows('z', [], 6, 0), D: [] }, 'z: no features (got 0)'],
    [
      'a NaN in the dictionary',
      { D: Float64Array.from({ length: 12 }, (_, i) => (i === 7 ? NaN : 0)) },
      'D, row 1, column 3: not a finite number (got "NaN")',
    ],
    ['an infinite weight', { W: Float64Array.from({ length: 8 }, (_, i) => (i === 5 ? Infinity : 0)) }, 'W, row 2, column 1: not a finite number'],
    ['too few labels', { labels: [0, 1] }, 'labels: wrong number of labels (got 2); accepted: 6, one for each row'],
    ['a label that is no class', { labels: [0, 1, 0, 2, 0, 0] }, 'labels, row 3: no such class (got 2); accepted: whole numbers from 0 to 1'],
    ['a label that is no whole number', { labels: [0, 1, 0.5, 1, 0, 0] }, 'labels, row 2: no such class (got 0.5)'],
  ])('are refused with %s', async (_, wrong, message) => expect(checkedDecision({ ...good, ...wrong }, crew)).rejects.toThrow(message));

  it.each<[string, (inputs: DecisionInputs) => Promise<unknown>]>([
    ['importance', async (inputs) => importance(inputs, await rangesOf(good.a, good.z), crew)],
    ['ablation', (inputs) => ablation(inputs, {}, crew)],
  ])('are checked row by row for NaN by %s', async (_, measure) => {
    const z = good.arrays.z.slice();
    z[4 * 3 + 1] = NaN;
    await expect(measure({ ...good, z: memoryRows('z', z, 6, 3) })).rejects.toThrow('z, row 4, column 1: not a finite number (got "NaN")');
  });
});
