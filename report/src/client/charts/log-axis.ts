import { significant } from '../../data/numbers.js';

const MOST_TICKS = 7;

/** A logarithmic axis with some air at its ends and ticks at 1, 2 and 5, or at powers of ten where those would be too many. */
export function logAxis(values: readonly number[]): { domain: [number, number]; ticks: number[]; tickFormat: (value: number) => string } {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity) / 1.2;
  const high = values.reduce((a, b) => Math.max(a, b), 0) * 1.2;
  const powers = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, i) => Math.floor(Math.log10(low)) + i);
  const within = (steps: readonly number[]): number[] =>
    powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`))).filter((tick) => tick >= low && tick <= high);
  const fine = within([1, 2, 5]);
  return {
    domain: [low, high],
    ticks: fine.length <= MOST_TICKS ? fine : within([1]),
    tickFormat: (value) => (value >= 1e-4 && value < 1e6 ? String(value) : significant(value)),
  };
}
