import { FathomError, type Reason } from '@fathom/errors';

/** Exit codes of the `fathom` command, as docs/cli.md lists them. */
export const EXIT = {
  OK: 0,
  /** A defect, or work that failed for a reason of its own. */
  FAILED: 1,
  /** Something that was given is wrong. */
  INPUT: 2,
  /** Something that was named does not exist. */
  NOT_FOUND: 3,
  /** `study verify` found a difference. */
  DIFFERENT: 4,
  /** The store is full, read-only, unreachable or damaged. */
  STORE: 5,
  /** A service is not reachable, too busy or too slow, or an address is taken. */
  SERVICE: 6,
  /** The token or certificate is missing, not good, or not enough. */
  DENIED: 7,
  /** Stopped by Ctrl-C or SIGTERM; what was finished is kept. */
  INTERRUPTED: 130,
} as const;

/** The same in words, for `--help`. */
export const EXIT_CODES_HELP = `Exit codes: ${EXIT.OK} done, ${EXIT.FAILED} failed, ${EXIT.INPUT} wrong input, ${EXIT.NOT_FOUND} not found, ${EXIT.DIFFERENT} verification found a difference,
${EXIT.STORE} trouble with the store, ${EXIT.SERVICE} a service is unreachable or busy, ${EXIT.DENIED} not allowed, ${EXIT.INTERRUPTED} interrupted (run the same command again to go on).`;

const OF_REASON: Readonly<Record<Reason, number>> = {
  INVALID_INPUT: EXIT.INPUT,
  UNSUPPORTED_MODEL: EXIT.INPUT,
  NOT_FOUND: EXIT.NOT_FOUND,
  CORRUPT_DATA: EXIT.STORE,
  STORE_FULL: EXIT.STORE,
  STORE_READ_ONLY: EXIT.STORE,
  STORE_UNAVAILABLE: EXIT.STORE,
  STORE_WITHOUT_URLS: EXIT.STORE,
  ENGINE_UNAVAILABLE: EXIT.FAILED,
  ADDRESS_IN_USE: EXIT.SERVICE,
  RESOURCE_EXHAUSTED: EXIT.SERVICE,
  DEADLINE_EXCEEDED: EXIT.SERVICE,
  UNAVAILABLE: EXIT.SERVICE,
  UNAUTHENTICATED: EXIT.DENIED,
  PERMISSION_DENIED: EXIT.DENIED,
  CANCELLED: EXIT.INTERRUPTED,
  INTERNAL: EXIT.FAILED,
};

/** The exit code for anything thrown. */
export function exitCodeOf(thrown: unknown): number {
  return OF_REASON[FathomError.from(thrown).reason];
}
