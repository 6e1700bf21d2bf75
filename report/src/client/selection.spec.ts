import { chosen, clear, colourOf, isChosen, MOST_CHOSEN, toggle } from './selection.js';

beforeEach(clear);

test('choosing twice lets go', () => {
  toggle(5, 7);
  toggle(5);
  expect(chosen()).toEqual([7]);
});

test('a feature keeps its colour while others come and go', () => {
  toggle(1, 2, 3);
  const colour = colourOf(3);
  toggle(1);
  toggle(9);
  expect(colourOf(3)).toBe(colour);
  expect(new Set(chosen().map(colourOf)).size).toBe(3);
});

test('one more than can be told apart takes the place of the first', () => {
  const many = Array.from({ length: MOST_CHOSEN + 1 }, (_, i) => i);
  toggle(...many);
  expect(chosen()).toEqual(many.slice(1));
  expect(isChosen(0)).toBe(false);
  expect(new Set(chosen().map(colourOf)).size).toBe(MOST_CHOSEN);
});
