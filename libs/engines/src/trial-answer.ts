import { restoreError, type FathomError } from '@fathom/errors';

/** Most bytes of an answer: a message may list what is accepted. */
export const MOST_ANSWER_BYTES = 2 ** 16;

/** What the process of a trial says: the network has run, or why it may not. */
export type TrialAnswer = { readonly passed: true } | { readonly passed: false; readonly error: FathomError };

/** Reasons that lie in the network or in how it is to be read; a trial ends with no others. */
const REASONS = ['INVALID_INPUT', 'UNSUPPORTED_MODEL', 'ENGINE_UNAVAILABLE'] as const;

/** The text of an answer. */
export function writeAnswer(error?: FathomError): string {
  if (error === undefined) return JSON.stringify({ passed: true });
  const { reason, message, metadata } = error;
  return JSON.stringify({ passed: false, error: { reason, message, metadata } });
}

/** Reads the text of an answer, from a process that may have been taken over by the network; undefined where it is none. */
export function readAnswer(text: string): TrialAnswer | undefined {
  const answer = parsed(text);
  if (!isRecord(answer)) return undefined;
  if (answer['passed'] === true) return { passed: true };
  const { error } = answer;
  if (answer['passed'] !== false || !isRecord(error)) return undefined;
  const { reason, message, metadata } = error;
  const known = REASONS.find((each) => each === reason);
  if (known === undefined || typeof message !== 'string' || !isRecord(metadata) || !isOfTexts(metadata)) return undefined;
  return { passed: false, error: restoreError({ reason: known, message, metadata }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfTexts(value: Record<string, unknown>): value is Record<string, string> {
  return Object.values(value).every((entry) => typeof entry === 'string');
}
