import { FathomError } from './fathom-error.js';
import { InputError } from './input-error.js';
import type { Reason } from './reasons.js';

/** Makes the error again that was kept, or sent to another thread or process, as its reason, message and metadata. */
export function restoreError(kept: { reason: Reason; message: string; metadata: Readonly<Record<string, string>> }): FathomError {
  const { field, value, accepted } = kept.metadata;
  return kept.reason === 'INVALID_INPUT' && field !== undefined && accepted !== undefined
    ? InputError.restore(kept.message, { field, value: value ?? '', accepted })
    : new FathomError(kept.reason, kept.message, { metadata: kept.metadata });
}
