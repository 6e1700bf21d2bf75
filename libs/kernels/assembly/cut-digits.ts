/** Added, it leaves a float64 below 2^31 in size, rounded to an integer, half to even, in the lower half of its bits: 1.5·2^52. */
const ROUNDER: f64 = 6755399441055744;
/** 128 in every byte: an integer plus this has digit + 128 in each of its bytes. */
const BIAS: i32 = 0x80808080;

/**
 * Cuts rows into digits, signed.
 *
 * @param values float64, rows × columns, `pitch` bytes from row to row
 * @param scales one power of two a column, times 256^(min(digits, 4) − 1)
 * @param to of each digit rows × columns bytes, of which up to 15 after each row are written over
 * @param apart bytes from one digit's to the next digit's; may be less than 0
 */
export function cutColumns(values: usize, pitch: usize, scales: usize, rows: i32, columns: i32, digits: i32, to: usize, apart: usize): void {
  for (let row = 0; row < rows; row++, values += pitch, to += columns) cutRow(values, scales, 1, columns, digits, BIAS, to, apart);
}

/**
 * Cuts rows into the levels of a left operand: for each level its digits [digit_0 | … | digit_level] of each row, and where `levels` is
 * more than `digits`, [digit_1 | … | digit_last]. Digits + 128.
 *
 * @param values float64, rows × columns, `pitch` bytes from row to row
 * @param scales one power of two a row, times 256^(min(digits, 4) − 1)
 * @param to level after level; up to 15 bytes after the last are written over
 */
export function cutRows(values: usize, pitch: usize, scales: usize, rows: i32, columns: i32, digits: i32, levels: i32, to: usize): void {
  const width = <usize>columns;
  const all = width * <usize>digits;
  // Rows of the highest level of digits are cut in place; what the others have is copied from there.
  const highest = to + <usize>rows * width * <usize>((digits * (digits - 1)) >> 1);
  const beyond = highest + <usize>rows * all;
  for (let row = 0; row < rows; row++, values += pitch, scales += 8) cutRow(values, scales, 0, columns, digits, 0, highest + <usize>row * all, width);
  if (levels > digits)
    for (let row = 0; row < rows; row++) memory.copy(beyond + <usize>row * (all - width), highest + <usize>row * all + width, all - width);
  for (let level = 1; level < digits; level++) {
    const size = width * <usize>level;
    for (let row = 0; row < rows; row++, to += size) memory.copy(to, highest + <usize>row * all, size);
  }
}

/**
 * Cuts rows into digits, signed, those of a row side by side: rows × [digit_0 | … | digit_last].
 *
 * @param values float64, rows × columns
 * @param scales one power of two a column, times 256^(min(digits, 4) − 1)
 * @param to up to 15 bytes after the last are written over
 */
export function cutStacked(values: usize, scales: usize, rows: i32, columns: i32, digits: i32, to: usize): void {
  const width = <usize>columns;
  for (let row = 0; row < rows; row++, values += width << 3, to += width * <usize>digits) cutRow(values, scales, 1, columns, digits, BIAS, to, width);
}

/** From its end to its beginning: what is written too much is written over by what comes after it. */
function cutRow(values: usize, scales: usize, perColumn: i32, columns: i32, digits: i32, flip: i32, to: usize, apart: usize): void {
  const flips = i32x4.splat(flip);
  for (let column = (columns - 1) & ~15; column >= 0; column -= 16) {
    const from = values + ((<usize>column) << 3);
    const scale = perColumn ? scales + ((<usize>column) << 3) : scales;
    if (digits > 4) cutSixteenLong(from, scale, perColumn, digits, flips, to + column, apart);
    else {
      const a = v128.xor(heads(from, scale, perColumn, 0), flips);
      const b = v128.xor(heads(from, scale, perColumn, 4), flips);
      const c = v128.xor(heads(from, scale, perColumn, 8), flips);
      const d = v128.xor(heads(from, scale, perColumn, 12), flips);
      storeDigits(a, b, c, d, digits, to + column, apart);
    }
  }
}

/** Four values times their scales, as integers with the bias. */
function heads(values: usize, scales: usize, perColumn: i32, first: i32): v128 {
  const rounder = f64x2.splat(ROUNDER);
  const low = f64x2.add(scaled(values, scales, perColumn, first), rounder);
  const high = f64x2.add(scaled(values, scales, perColumn, first + 2), rounder);
  return i32x4.add(v128.shuffle<i32>(low, high, 0, 2, 4, 6), i32x4.splat(BIAS));
}

function scaled(values: usize, scales: usize, perColumn: i32, first: i32): v128 {
  const at = (<usize>first) << 3;
  return f64x2.mul(v128.load(values + at), perColumn ? v128.load(scales + at) : v128.load64_splat(scales));
}

/** Sixteen values with more than four digits. What the first four leave is cut into the tail; half a unit of them, or nearly so, is carried. */
function cutSixteenLong(values: usize, scales: usize, perColumn: i32, digits: i32, flips: v128, to: usize, apart: usize): void {
  const tails = digits - 4;
  const weight = tails === 1 ? 256.0 : tails === 2 ? 65536.0 : 16777216.0;
  const bias = tails === 1 ? 0x80 : tails === 2 ? 0x8080 : 0x808080;
  const p = tail(values, scales, perColumn, 0, weight, bias);
  const q = tail(values, scales, perColumn, 4, weight, bias);
  const r = tail(values, scales, perColumn, 8, weight, bias);
  const s = tail(values, scales, perColumn, 12, weight, bias);
  const carry = 8 * tails;
  const a = i32x4.add(heads(values, scales, perColumn, 0), i32x4.shr_s(p, carry));
  const b = i32x4.add(heads(values, scales, perColumn, 4), i32x4.shr_s(q, carry));
  const c = i32x4.add(heads(values, scales, perColumn, 8), i32x4.shr_s(r, carry));
  const d = i32x4.add(heads(values, scales, perColumn, 12), i32x4.shr_s(s, carry));
  storeDigits(v128.xor(a, flips), v128.xor(b, flips), v128.xor(c, flips), v128.xor(d, flips), 4, to, apart);
  storeDigits(v128.xor(p, flips), v128.xor(q, flips), v128.xor(r, flips), v128.xor(s, flips), tails, to + 4 * apart, apart);
}

/** What rounding leaves of four values times their scales, at most ½ in size, in units of the last digit and with its bias. */
function tail(values: usize, scales: usize, perColumn: i32, first: i32, weight: f64, bias: i32): v128 {
  const low = tailOfTwo(scaled(values, scales, perColumn, first), weight);
  const high = tailOfTwo(scaled(values, scales, perColumn, first + 2), weight);
  return i32x4.add(v128.shuffle<i32>(low, high, 0, 2, 4, 6), i32x4.splat(bias));
}

function tailOfTwo(x: v128, weight: f64): v128 {
  const rounder = f64x2.splat(ROUNDER);
  const rest = f64x2.sub(x, f64x2.sub(f64x2.add(x, rounder), rounder));
  return f64x2.add(f64x2.mul(rest, f64x2.splat(weight)), rounder);
}

/** Sixteen integers' last bytes, the first of `digits` at `to`; what one writes too much the next one writes over. */
function storeDigits(a: v128, b: v128, c: v128, d: v128, digits: i32, to: usize, apart: usize): void {
  if (digits > 2) {
    const high = v128.shuffle<u8>(a, b, 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
    const higher = v128.shuffle<u8>(c, d, 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
    if (digits > 3) {
      v128.store(to, v128.shuffle<i64>(high, higher, 1, 3));
      to += apart;
    }
    v128.store(to, v128.shuffle<i64>(high, higher, 0, 2));
    to += apart;
  }
  const low = v128.shuffle<u8>(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  const lower = v128.shuffle<u8>(c, d, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  if (digits > 1) {
    v128.store(to, v128.shuffle<i64>(low, lower, 1, 3));
    to += apart;
  }
  v128.store(to, v128.shuffle<i64>(low, lower, 0, 2));
}
