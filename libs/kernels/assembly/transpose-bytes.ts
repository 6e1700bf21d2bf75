/** Rows that are turned at a time: a line of a processor's cache. */
const LINE = 64;
/** Four squares of 16 × 16 bytes, and one to turn them in. */
const SQUARES: usize = memory.data(1024, 16);
const OTHER: usize = memory.data(256, 16);

/**
 * to[column][row] = from[row][column] ^ flip, bytes; up to 15 bytes after each row of `to` are written over, of all but the last before
 * what may belong there.
 *
 * @param pitch bytes from a row of `from` to the next
 * @param line bytes from a row of `to` to the next
 */
export function transposeBytes(from: usize, pitch: usize, rows: i32, columns: i32, flip: i32, to: usize, line: usize): void {
  const flips = i8x16.splat(<i8>flip);
  for (let column = 0; column < columns; column += 16, from += 16, to += line << 4) {
    const count = min(16, columns - column);
    // From the last rows to the first: what is written too much is written over by what comes after it.
    for (let row = (rows - 1) & -LINE; row >= 0; row -= LINE) {
      const squares = min(LINE, rows - row + 15) >> 4;
      for (let square = 0; square < squares; square++) turn(from, pitch, row + (square << 4), rows, SQUARES + (square << 8));
      for (let next = 0; next < count; next++) {
        const out = to + <usize>next * line + row;
        for (let square = 0; square < squares; square++)
          v128.store(out + (square << 4), v128.xor(v128.load(SQUARES + (square << 8) + (next << 4)), flips));
      }
    }
  }
}

/** Transposes the square whose first row is `row`; rows after the last are as the last. */
function turn(from: usize, pitch: usize, row: i32, rows: i32, square: usize): void {
  for (let next = 0; next < 16; next++) v128.store(square + (next << 4), v128.load(from + <usize>min(row + next, rows - 1) * pitch));
  shuffleRows(square, OTHER);
  shuffleRows(OTHER, square);
  shuffleRows(square, OTHER);
  shuffleRows(OTHER, square);
}

/** Rows 0 and 8, byte by byte in turn, then 1 and 9, and so on: the place of a byte is turned by one of its eight bits. Four such turns transpose. */
function shuffleRows(from: usize, to: usize): void {
  for (const end = from + 128; from < end; from += 16, to += 32) {
    const a = v128.load(from);
    const b = v128.load(from, 128);
    v128.store(to, v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(to, v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
  }
}
