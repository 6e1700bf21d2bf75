import type { Reason } from './reasons.js';

/** What a {@link FathomError} carries beside its message. */
export interface ErrorDetails {
  /** Machine-readable facts about the failure. @default {} */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What led to it. @default undefined */
  readonly cause?: unknown;
}

/** The one error type that crosses Fathom's boundaries: a reason, a sentence for a person, and facts for a machine. */
export class FathomError extends Error {
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'FathomError';
    this.reason = reason;
    this.metadata = details.metadata ?? {};
  }

  /** Turns anything thrown into a FathomError; what is none yet becomes INTERNAL, with the original as cause. */
  static from(thrown: unknown): FathomError {
    if (thrown instanceof FathomError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new FathomError('INTERNAL', message, { cause: thrown });
  }
}
