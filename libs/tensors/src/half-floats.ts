let float16: Float64Array | undefined;
let bfloat16: Float64Array | undefined;

/** The value of each of the 65,536 bit patterns of a 16-bit float. Built at first use: reading a table is faster than decoding. */
export function halfValues(dtype: 'F16' | 'BF16'): Float64Array {
  if (dtype === 'F16') return (float16 ??= decodeFloat16());
  return (bfloat16 ??= decodeBfloat16());
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function decodeFloat16(): Float64Array {
  const values = new Float64Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) values[bits] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) values[bits] = sign * fraction * 2 ** -24;
    else values[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return values;
}

/** bfloat16 is the upper half of a float32. */
function decodeBfloat16(): Float64Array {
  const words = new Uint32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) words[bits] = bits << 16;
  return Float64Array.from(new Float32Array(words.buffer));
}
