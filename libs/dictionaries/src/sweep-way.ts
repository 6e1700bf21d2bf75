/** What a sweep multiplies: high bytes of rows with factors of 16 bits, whole rows with such factors, or with factors of 24 bits. */
export type Grain = 'coarse' | 'rough' | 'fine';

/** How a sweep is made. */
export interface SweepWay {
  /** Share of the last step by which the next sweep starts further on, and of their update by which codes go beyond it; above 0. */
  readonly pace: number;
  /** Whether it starts where the one before ended, and codes go no further than their update: such a sweep cannot raise the loss. */
  readonly isPlain: boolean;
  readonly grain: Grain;
}

/** What is known of a sweep once it is made. */
export interface SweepOutcome {
  /** The share by which it lowered the loss; negative where it raised it. */
  readonly fall: number;
  /** Squared norm of what it left of the rows that it read. */
  readonly loss: number;
  /** Squared norm of what the low bytes add to the rows. */
  readonly lowEnergy: number;
}

/** How the pace grows while it serves, and what it is divided by where it does not. */
const GROWTH = 1.1;
const DROP = 1.5;
const MOST_PACE = 1;

/** Where a sweep changes the loss by at least this share of it, the same grain does for the next. */
const CHANGE = { coarse: 1e-3, rough: 1e-4 };
/** High bytes stand for rows while the loss is above so many times what the low ones add. */
const LEAST_CONTRAST = 32;

/** How the first sweep is made. */
export function firstWay(energy: number, lowEnergy: number): SweepWay {
  return { pace: 0.5, isPlain: true, grain: energy > LEAST_CONTRAST * lowEnergy ? 'coarse' : 'rough' };
}

/** How the next sweep is made. */
export function wayAfter(way: SweepWay, { fall, loss, lowEnergy }: SweepOutcome, tolerance: number): SweepWay {
  const isPlain = fall < tolerance;
  const pace = isPlain ? way.pace / DROP : Math.min(MOST_PACE, way.pace * GROWTH);
  if (way.grain !== 'coarse') {
    const clear = Math.max(CHANGE.rough, tolerance);
    // A large rise comes from going too far, unless it is a plain sweep's: then from rounding.
    return { pace, isPlain, grain: fall >= clear || (!way.isPlain && fall <= -clear) ? 'rough' : 'fine' };
  }
  const serves = fall >= Math.max(CHANGE.coarse, tolerance) || (!way.isPlain && fall < 0);
  return serves && loss > LEAST_CONTRAST * lowEnergy ? { pace, isPlain, grain: 'coarse' } : wholeRows({ ...way, pace });
}

/** The first sweep that reads whole rows: its loss cannot be compared with the one before, so that it must be one that cannot raise it. */
export function wholeRows({ pace }: SweepWay): SweepWay {
  return { pace, isPlain: true, grain: 'rough' };
}

/** Whether the fit ends: what a sweep that goes too far, or rounds, fails to gain says nothing. */
export function isEnd({ isPlain, grain }: SweepWay, fall: number, tolerance: number): boolean {
  return isPlain && grain === 'fine' && fall < tolerance;
}
