import type { IntegerEngine } from '@fathom/exact';

/** The integer product by BigInt: slow, and without a float in it. */
export const bigIntegers: IntegerEngine = {
  name: 'bigint',
  version: '1',
  way: 'BigInt',
  product: (left, right, { rows, steps, columns }, out) => {
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = 0n;
        for (let step = 0; step < steps; step++) sum += BigInt(left[row * steps + step]! - 128) * BigInt(right[step * columns + column]!);
        out[row * columns + column] = Number(sum);
      }
    return Promise.resolve();
  },
};
