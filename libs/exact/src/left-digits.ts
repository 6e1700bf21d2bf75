import { InputError } from '@fathom/errors';

import { cutLeft, largestOfRows } from './cut-digits.js';
import { digitScale, ownStorage, requireDigits, requireInside, type CutOptions } from './digit-scale.js';
import { MOST_STEPS } from './integer-engine.js';
import type { MatrixPart } from './matrix-part.js';

/** Where a left operand is 0 for certain: nowhere, above its diagonal ('lower'), or below it ('upper'). */
export type DigitShape = 'full' | 'lower' | 'upper';

/** Rows of a left operand, and those of its steps that are not known to be 0. */
export interface DigitBlock {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstStep: number;
  readonly steps: number;
  /** Where its bytes begin: level after level, each rows × (digits of the level)·steps. */
  readonly at: number;
}

/**
 * A left operand of products by digits (docs/measures.md §10.3, the Ozaki scheme): row i times a power of two, scale[i], is
 * Σ_l digit_l·2^(−8l), digits in −128..127, rounded half to even at the last. Plain data: it can be sent to threads, or shared by them.
 *
 * The bytes are those that integer products read, digit + 128: for each block and each level, its rows [digit_0 | … | digit_level], or
 * [digit_1 | … | digit_last] for the one level after as many as there are digits.
 */
export interface LeftDigits {
  readonly rows: number;
  readonly steps: number;
  readonly digits: number;
  /** Levels that are summed: digits whose places add up to less than this are multiplied. */
  readonly levels: number;
  readonly blocks: readonly DigitBlock[];
  readonly bytes: Uint8Array;
  /** One power of two a row. */
  readonly scale: Float64Array;
}

/** How to cut a left operand. */
export interface LeftDigitsOptions extends CutOptions {
  /** What is known to be 0 is neither read (but for the square blocks on the diagonal, which are) nor multiplied. @default 'full' */
  readonly shape?: DigitShape;
  /** Whether one level more than there are digits is summed: a third of what rounding leaves to err, for digits − 1 products more. @default false */
  readonly extraLevel?: boolean;
}

/** Rows of a block: enough for an engine to run at its full speed; in a triangle few enough that little of its zeros is multiplied. */
const BLOCK_ROWS = { full: 512, lower: 256, upper: 256 };

/**
 * Cuts a left operand into digits.
 *
 * @param matrix rows × steps, row-major, finite, |x| < 2^900
 * @throws InputError where a value is not finite, or the shape or the number of digits is none
 */
export function leftDigits(matrix: Float64Array, rows: number, steps: number, options: LeftDigitsOptions): LeftDigits {
  const { digits, shape = 'full', extraLevel = false, offset = 0, stride = steps, storage = ownStorage } = options;
  requireDigits(digits);
  requireInside(matrix, rows, steps, offset, stride);
  if (shape !== 'full' && rows !== steps)
    throw new InputError({ field: 'shape', problem: 'not of a matrix that is not square', value: shape, accepted: "'full'" });
  const levels = extraLevel ? digits + 1 : digits;
  const { blocks, length } = blocksOf(rows, steps, digits, levels, shape);
  const { buffer, byteOffset } = storage(8 * rows + length);
  const bytes = new Uint8Array(buffer, byteOffset + 8 * rows, length);
  const scale = new Float64Array(buffer, byteOffset, rows).fill(0);
  const partOfBlock = ({ firstRow, rows: height, firstStep, steps: columns }: DigitBlock): MatrixPart => ({
    matrix,
    offset: offset + firstRow * stride + firstStep,
    stride,
    rows: height,
    columns,
  });
  for (const block of blocks) largestOfRows(partOfBlock(block), scale.subarray(block.firstRow, block.firstRow + block.rows));
  for (let row = 0; row < rows; row += 1) scale[row] = digitScale(scale[row]!, `row ${row} of the left operand`);
  for (const block of blocks) {
    const scales = scale.subarray(block.firstRow, block.firstRow + block.rows);
    cutLeft(partOfBlock(block), digits, levels, scales, bytes.subarray(block.at));
  }
  return { rows, steps, digits, levels, blocks, bytes, scale };
}

/** Digits of a row of a level. */
export function digitsOfLevel(level: number, digits: number): number {
  return level < digits ? level + 1 : digits - 1;
}

/** Where the blocks of a left operand are, and how many bytes they take. */
function blocksOf(rows: number, steps: number, digits: number, levels: number, shape: DigitShape): { blocks: DigitBlock[]; length: number } {
  const mostSteps = Math.floor(MOST_STEPS / digits);
  const blocks: DigitBlock[] = [];
  let at = 0;
  for (let firstRow = 0; firstRow < rows; firstRow += BLOCK_ROWS[shape]) {
    const height = Math.min(BLOCK_ROWS[shape], rows - firstRow);
    const end = shape === 'lower' ? firstRow + height : steps;
    let firstStep = shape === 'upper' ? firstRow : 0;
    do {
      const width = Math.min(mostSteps, end - firstStep);
      blocks.push({ firstRow, rows: height, firstStep, steps: width, at });
      for (let level = 0; level < levels; level += 1) at += height * width * digitsOfLevel(level, digits);
      firstStep += width;
    } while (firstStep < end);
  }
  return { blocks, length: at };
}
