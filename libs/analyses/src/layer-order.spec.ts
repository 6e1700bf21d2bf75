import fc from 'fast-check';
import { layerOrder } from './layer-order.js';

test('names in which letters and numbers agree tell their order, however they are given', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 30 }), (numbers) => {
      const name = (number: number): string => `block${String(number).padStart(3, '0')}.out`;
      const inOrder = [...numbers].sort((a, b) => a - b).map(name);
      expect(layerOrder('layers', numbers.map(name), undefined)).toEqual(inOrder);
    }),
  );
});

test.each([
  [['block2', 'block10'], 'block10 or block2 at place 1'],
  [['a1', 'a2', 'a9', 'a11'], 'a11 or a2 at place 2'],
  [['stage1.9', 'stage1.10', 'stage0.1'], 'stage1.10 or stage1.9 at place 2'],
  [['1', '10', '2'], '10 or 2 at place 2'],
])('%j could be meant in either order, and is refused', (names, both) => {
  expect(() => layerOrder('layers', names, undefined)).toThrow(`got ${both}`);
  expect(() => layerOrder('layers', names, undefined)).toThrow('"layers" in case.json');
  expect(layerOrder('layers', names, names)).toEqual(names);
});

test.each([
  ['no name', [], 'names no tensor'],
  ['a name that is not there', ['a', 'c'], 'got c'],
  ['a name twice', ['a', 'a'], 'twice'],
])('a given order with %s is refused', (_what, given, says) => {
  expect(() => layerOrder('checkpoints', ['a', 'b'], given)).toThrow(says);
});
