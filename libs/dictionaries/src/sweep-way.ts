/** How a sweep is made. */
export interface SweepWay {
  /** Share of the last step by which the next sweep starts further on, and of their update by which codes go beyond it; above 0. */
  readonly pace: number;
  /** Whether it starts where the one before ended, and codes go no further than their update: such a sweep cannot raise the loss. */
  readonly isPlain: boolean;
  /** Whether codes and atoms enter products with 16 bits, not 24. */
  readonly isRough: boolean;
}

export const FIRST_WAY: SweepWay = { pace: 0.5, isPlain: true, isRough: true };

/** How the pace grows while it serves, and what it is divided by where it does not. */
const GROWTH = 1.1;
const DROP = 1.5;
const MOST_PACE = 1;

/** Where a sweep changes the loss by at least this share of it, 16 bits do for the next. */
const ROUGH_CHANGE = 1e-4;

/** How the next sweep is made, after one that lowered the loss by the share `fall`, or raised it. */
export function wayAfter(way: SweepWay, fall: number, tolerance: number): SweepWay {
  const isPlain = fall < tolerance;
  const pace = isPlain ? way.pace / DROP : Math.min(MOST_PACE, way.pace * GROWTH);
  const clear = Math.max(ROUGH_CHANGE, tolerance);
  // A large rise comes from going too far, unless it is a plain sweep's: then from rounding.
  return { pace, isPlain, isRough: fall >= clear || (!way.isPlain && fall <= -clear) };
}

/** Whether the fit ends: what a sweep that goes too far, or rounds, fails to gain says nothing. */
export function isEnd({ isPlain, isRough }: SweepWay, fall: number, tolerance: number): boolean {
  return isPlain && !isRough && fall < tolerance;
}
