import { inForwardOrder, type Reader } from './forward-order.js';

const layer = (name: string, ...inputs: string[]): Reader => ({ name, inputs });
const orderOf = (...layers: Reader[]) => inForwardOrder(layers, 'a network').map(({ name }) => name);

describe('the forward order of layers', () => {
  it('is the order in which they are listed, where that is one', () => {
    expect(orderOf(layer('image'), layer('b', 'image'), layer('a', 'image'), layer('sum', 'a', 'b'))).toEqual(['image', 'b', 'a', 'sum']);
  });

  it('puts each after what it reads, however they are listed', () => {
    expect(orderOf(layer('sum', 'a', 'b'), layer('b', 'image'), layer('a', 'image'), layer('image'))).toEqual(['image', 'a', 'b', 'sum']);
  });

  it('asks each layer once what it reads, however long the chain and in whatever order', () => {
    const count = 100_000;
    let asked = 0;
    const chain = Array.from({ length: count }, (_, i) => ({
      name: `l${i}`,
      get inputs() {
        asked += 1;
        // A look at all of them for each of them would take hours.
        if (asked > count) throw new Error('asked again');
        return i > 0 ? [`l${i - 1}`] : [];
      },
    }));
    expect(orderOf(...chain.reverse())).toEqual(Array.from({ length: count }, (_, i) => `l${i}`));
  });

  it('is refused where a layer reads what is not there, or itself', () => {
    expect(() => orderOf(layer('a', 'gone'))).toThrow('layer "a" reads what no layer makes; accepted: a network');
    expect(() => orderOf(layer('a', 'b'), layer('b', 'a'))).toThrow('layer "b" is in a ring of layers; accepted: a network');
    expect(() => orderOf(layer('a', 'a'))).toThrow('layer "a" is in a ring of layers');
  });
});
