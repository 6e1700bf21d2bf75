import { FathomError } from '@fathom/errors';

/** The error for a network that is well formed but that Fathom cannot measure; `accepted` says what it could. */
export function unsupportedModel(problem: string, accepted: string, cause?: unknown): FathomError {
  return new FathomError('UNSUPPORTED_MODEL', `model: ${problem}; accepted: ${accepted}`, {
    metadata: { field: 'model', accepted },
    cause,
  });
}
