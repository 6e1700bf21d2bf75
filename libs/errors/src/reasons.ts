/** Every reason a failure can have, with what it means. The reason travels to clients as ErrorInfo.reason. */
export const REASONS = {
  INVALID_INPUT: 'Something that was given is wrong; the message names it, its value and what is accepted.',
  NOT_FOUND: 'The named thing does not exist.',
  CORRUPT_DATA: 'Stored bytes do not match their digest, or a stored document cannot be read.',
  STORE_FULL: 'The object store has no room left.',
  STORE_READ_ONLY: 'The object store cannot be written to.',
  STORE_UNAVAILABLE: 'The object store did not answer.',
  STORE_WITHOUT_URLS: 'The object store gives out no presigned URLs.',
  UNSUPPORTED_MODEL: 'The network cannot be used as it is; the message says why.',
  ENGINE_UNAVAILABLE: 'The configured engine is not installed here, or does not compute exactly on this machine.',
  ADDRESS_IN_USE: 'Another process listens on the address.',
  RESOURCE_EXHAUSTED: 'A limit is reached; try again later.',
  UNAUTHENTICATED: 'The call has no token or certificate, or one that is not good; the message says which.',
  PERMISSION_DENIED: 'The token does not have the scope that the call needs, or is for another tenant.',
  CANCELLED: 'The work was cancelled.',
  DEADLINE_EXCEEDED: 'The deadline passed before the work ended.',
  UNAVAILABLE: 'A service cannot be reached; try again later.',
  INTERNAL: 'A defect in Fathom.',
} as const;

/** One of {@link REASONS}. */
export type Reason = keyof typeof REASONS;
