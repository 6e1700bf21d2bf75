/** Numbers as integers: a float64 is a whole number of units of 2^−1074. */

/** The units of a finite float64, exactly. */
export function unitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const word = view.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return word >> 63n === 1n ? -size : size;
}

/** The quotient's nearest whole number, half to even; the divisor is above 0. */
export function nearestQuotient(dividend: bigint, divisor: bigint): bigint {
  const twice = 2n * dividend + divisor;
  let quotient = twice / (2n * divisor);
  if (twice % (2n * divisor) < 0n) quotient -= 1n; // BigInt division goes towards 0
  const tie = twice % (2n * divisor) === 0n;
  return tie && quotient % 2n !== 0n ? quotient - 1n : quotient;
}

/** The float64 nearest to a number of units, half to even: found by trying its neighbours. */
export function nearestFloat64(units: bigint): number {
  if (units < 0n) return -nearestFloat64(-units);
  let exponent = 0n; // 2^exponent units to the last place
  while (units >> (exponent + 53n) > 0n) exponent += 1n;
  let whole = nearestQuotient(units, 1n << exponent);
  if (whole >> 53n > 0n) {
    whole >>= 1n;
    exponent += 1n;
  }
  if (exponent > 2045n) return Infinity;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, whole >> 52n === 0n ? whole : ((exponent + 1n) << 52n) | (whole & 0xfffffffffffffn));
  return view.getFloat64(0);
}
