/** Rows of one part: a multiple of the 1,024 rows that content digests are made of. */
export const ROWS_PER_PART = 1024;

/** Names of the parts that cover `count` rows, in order: "rows-00000000-00001024", "rows-00001024-00002048", … */
export function rowParts(count: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < count; start += ROWS_PER_PART) parts.push(`rows-${digits(start)}-${digits(start + ROWS_PER_PART)}`);
  return parts;
}

/** The rows of a part of `count` rows in all: start (inclusive) and end (exclusive), 0-based. */
export function rowsOfPart(part: string, count: number): { start: number; end: number } {
  const [, start = '', end = ''] = part.split('-');
  return { start: Number(start), end: Math.min(count, Number(end)) };
}

function digits(row: number): string {
  return String(row).padStart(8, '0');
}

/** Names of parts that are counted: "layer-000", "layer-001", … */
export function indexParts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(3, '0')}`);
}

/** The index in a name made by {@link indexParts}. */
export function indexOfPart(part: string): number {
  return Number(part.slice(part.lastIndexOf('-') + 1));
}
