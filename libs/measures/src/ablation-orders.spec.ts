import { ablationOrders } from './ablation-orders.js';

const kStd = [0.5, 0.9, 0.5, 1, 0.1];
const importance = [3, 1, 3, 0, 9];
const live = [1, 1, 1, 0, 1];

describe('the orders of ablation', () => {
  it('leave dead features out; ties go to the lower index', () => {
    const orders = ablationOrders(kStd, importance, live, { seed: 1 });
    expect(orders.most_complex_first).toEqual([Uint32Array.of(1, 0, 2, 4)]);
    expect(orders.simplest_first).toEqual([Uint32Array.of(4, 0, 2, 1)]);
    expect(orders.most_important_first).toEqual([Uint32Array.of(4, 0, 2, 1)]);
  });

  it('have 20 random ones of the live features, which the seed decides', () => {
    const { random } = ablationOrders(kStd, importance, live, { seed: 1 });
    expect(random).toHaveLength(20);
    for (const order of random!) expect([...order].sort()).toEqual([0, 1, 2, 4]);
    expect(ablationOrders(kStd, importance, live, { seed: 1 }).random).toEqual(random);
    expect(ablationOrders(kStd, importance, live, { seed: 2 }).random).not.toEqual(random);
    expect(ablationOrders(kStd, importance, live, { seed: 1, draws: 3 }).random).toEqual(random!.slice(0, 3));
  });

  it('may be empty', () => {
    expect(ablationOrders([1], [0], [0], { seed: 1, draws: 1 }).random).toEqual([new Uint32Array(0)]);
  });

  it('refuse columns of another length, NaN and no draws', () => {
    expect(() => ablationOrders([1], importance, live, { seed: 1 })).toThrow('kStd: wrong number of features (got 1); accepted: 5, as live has');
    expect(() => ablationOrders(kStd, [3, 1, NaN, 0, 9], live, { seed: 1 })).toThrow('importance, row 2, column 0: not a finite number');
    expect(() => ablationOrders(kStd, importance, live, { seed: 1, draws: 0 })).toThrow('draws: no random order (got 0)');
  });
});
