import { checkProduct, type IntegerEngine } from './integer-engine.js';

/** A second engine, in BigInt, each value from its definition. It counts the multiplications it is asked for. */
export function bigintEngine(): IntegerEngine & { multiplications: number } {
  const engine = {
    name: 'bigint',
    version: '1',
    way: 'BigInt',
    multiplications: 0,
    async product(left: Uint8Array, right: Int8Array, shape: { rows: number; steps: number; columns: number }, out: Int32Array): Promise<void> {
      checkProduct(left, right, shape, out);
      const { rows, steps, columns } = shape;
      engine.multiplications += rows * steps * columns;
      const [bigLeft, bigRight] = [Array.from(left, (byte) => BigInt(byte - 128)), Array.from(right, BigInt)];
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1) {
          let sum = 0n;
          for (let step = 0; step < steps; step += 1) sum += bigLeft[row * steps + step]! * bigRight[step * columns + column]!;
          out[row * columns + column] = Number(sum);
        }
      }
    },
  };
  return engine;
}
