/** Every number within an absolute distance of the expected one. */
export function expectWithin(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let at = 0; at < expected.length; at += 1) {
    if (!(Math.abs(actual[at]! - expected[at]!) <= tolerance)) throw new Error(`value ${at}: ${actual[at]} instead of ${expected[at]}`);
  }
}
