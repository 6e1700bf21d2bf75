import fc from 'fast-check';
import { FairQueue } from './fair-queue.js';

function drained<T>(queue: FairQueue<T>): T[] {
  const things: T[] = [];
  for (let thing = queue.take(); thing !== undefined; thing = queue.take()) things.push(thing);
  return things;
}

describe('a fair queue', () => {
  it('serves tenants in turn, and the things of each in their order', () => {
    const queue = new FairQueue<string>();
    for (const thing of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'c2']) queue.add(thing.slice(0, 1), thing);
    expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
  });

  it('does not let a tenant gain a turn who comes with one thing at a time', () => {
    const queue = new FairQueue<string>();
    for (const thing of ['a1', 'a2', 'a3']) queue.add('a', thing);
    const taken: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      queue.add('b', `b${i}`);
      taken.push(queue.take());
    }
    expect(taken).toEqual(['a1', 'b0', 'a2', 'b1']);
  });

  it('passes over tenants that may not take, who keep their turn', () => {
    const queue = new FairQueue<string>();
    for (const thing of ['a1', 'b1', 'b2']) queue.add(thing.slice(0, 1), thing);
    expect(queue.take((tenant) => tenant !== 'a')).toBe('b1');
    expect(queue.take(() => false)).toBeUndefined();
    expect(drained(queue)).toEqual(['a1', 'b2']);
  });

  it('gives back everything once, or lets it be taken out', () => {
    const thing = fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), isRemoved: fc.boolean() });
    fc.assert(
      fc.property(fc.array(thing), (things) => {
        const queue = new FairQueue<(typeof things)[number]>();
        for (const each of things) queue.add(each.tenant, each);
        const removed = things.filter(({ isRemoved }) => isRemoved);
        for (const each of removed) expect(queue.remove(each.tenant, each)).toBe(true);
        for (const each of removed) expect(queue.remove(each.tenant, each)).toBe(false);
        expect(queue.size).toBe(things.length - removed.length);
        const rest = drained(queue);
        expect(queue.size).toBe(0);
        for (const tenant of ['a', 'b', 'c'])
          expect(rest.filter((each) => each.tenant === tenant)).toEqual(things.filter((each) => each.tenant === tenant && !each.isRemoved));
      }),
    );
  });
});
