import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { ByShard, type RowStatistic } from './row-statistic.js';

class Sum implements RowStatistic<number> {
  total = 0;
  update(value: number): void {
    this.total += value;
  }
  merge(other: this): void {
    this.total += other.total;
  }
}

const sumOf = (value: number): Sum => {
  const sum = new Sum();
  sum.update(value);
  return sum;
};

describe('statistics of shards', () => {
  it('give the same bits in whatever order shards arrive, and a shard that arrives twice counts once', () => {
    const arrivals = fc
      .array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 20 })
      .chain((values) => fc.tuple(fc.constant(values), fc.shuffledSubarray([...values.keys(), ...values.keys()], { minLength: 2 * values.length })));
    fc.assert(
      fc.property(arrivals, ([values, order]) => {
        const byShard = new ByShard(values.length, new Sum());
        const counted = order.filter((index) => byShard.add(index, sumOf(values[index]!)));
        expect(counted.sort((a, b) => a - b)).toEqual([...values.keys()]);
        expect(byShard.result().total).toBe(values.reduce((sum, value) => sum + value, 0));
      }),
    );
  });

  it('say what is missing, and have no result until nothing is', () => {
    const byShard = new ByShard(4, new Sum());
    byShard.add(2, sumOf(1));
    byShard.add(0, sumOf(1));
    expect(byShard.missing()).toEqual([1, 3]);
    expect(() => byShard.result()).toThrow('shards: some are missing (got [1,3]); accepted: all 4 shards');
  });

  it('refuse a shard that there is not', () => {
    const byShard = new ByShard(2, new Sum());
    for (const index of [-1, 2, 0.5]) expect(() => byShard.add(index, new Sum())).toThrow(InputError);
    expect(() => new ByShard(0, new Sum())).toThrow(InputError);
  });
});
