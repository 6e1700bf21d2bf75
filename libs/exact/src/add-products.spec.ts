import fc from 'fast-check';

import { addProducts } from './add-products.js';
import { integerAt, type IntegerSums } from './integer-sums.js';
import { threadArray } from './thread-array.js';

/** Sums of products of bytes over at most 20,480 rows. */
const LARGEST = 20_480 * 2 ** 14;

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly digits: number;
  readonly isFirst: boolean;
  readonly isWide: boolean;
  readonly isKept: boolean;
  readonly seed: number;
}

function someProducts({ rows, columns, digits, isKept, seed }: Case): Int32Array[] {
  return Array.from({ length: digits * digits }, (_, index) => {
    const size = rows * columns;
    const product = isKept ? threadArray(`spec ${index}`, Int32Array, size) : new Int32Array(size);
    const value = (at: number): number => Math.imul(at + 31 * index + seed, 0x9e3779b1) >> 2;
    return product.fill(0).map((_unused, at) => (at % 5 === 0 ? Math.sign(value(at)) * LARGEST : value(at) % LARGEST));
  });
}

function expectSums(given: Case): void {
  const { rows, columns, digits, isFirst, isWide } = given;
  const products = someProducts(given);
  const [at, stride] = [3, columns + 2];
  const weights = products.map((_, index) => 256n ** BigInt(2 * digits - 2 - Math.floor(index / digits) - (index % digits)));
  const before = (place: number): number => 1000 * place + 1;
  const low = Float64Array.from({ length: at + rows * stride }, (_, place) => before(place));
  const sums: IntegerSums = isWide ? { low, high: new Float64Array(low.length) } : { low };
  addProducts(sums, products, digits, { rows, columns, at, stride, isFirst });
  for (let place = 0; place < low.length; place += 1) {
    const [row, column] = [Math.floor((place - at) / stride), (place - at) % stride];
    const isPart = place >= at && column < columns;
    let wanted = isPart && isFirst ? 0n : BigInt(before(place));
    if (isPart) products.forEach((product, index) => (wanted += BigInt(product[row * columns + column]!) * weights[index]!));
    if (integerAt(sums, place) !== Number(wanted)) throw new Error(`${integerAt(sums, place)} at ${place}, not ${wanted}`);
  }
}

describe('addProducts', () => {
  it.each([
    [2, false],
    [2, true],
    [3, true],
  ])('adds what the digits stand for, exactly, and touches nothing else (%i digits, two limbs: %p)', (digits, isWide) => {
    const size = fc.integer({ min: 1, max: 11 });
    fc.assert(
      fc.property(size, size, fc.boolean(), fc.boolean(), fc.nat(1000), (rows, columns, isFirst, isKept, seed) => {
        expectSums({ rows, columns, digits, isFirst, isWide, isKept, seed });
      }),
    );
  });

  it.each([true, false])('adds more than is worked on at a time as well (first: %p)', (isFirst) => {
    expectSums({ rows: 18, columns: 1023, digits: 2, isFirst, isWide: false, isKept: true, seed: 1 });
  });
});
