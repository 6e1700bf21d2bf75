import { FathomError } from './fathom-error.js';

/**
 * Thrown when something that was given is wrong.
 * The message reads `<field>: <problem> (got <value>); accepted: <accepted>`.
 */
export class InputError extends FathomError {
  /** What was wrong: a request field, an option, a file, a tensor. */
  readonly field: string;
  /** The value that was found there, shortened for display. */
  readonly value: string;
  /** What would have been accepted. */
  readonly accepted: string;

  constructor(input: { field: string; problem: string; value?: unknown; accepted: string; cause?: unknown; message?: string }) {
    const value = 'value' in input ? display(input.value) : '';
    const sentence = `${input.field}: ${input.problem}${value === '' ? '' : ` (got ${value})`}; accepted: ${input.accepted}`;
    super('INVALID_INPUT', input.message ?? sentence, {
      metadata: { field: input.field, value, accepted: input.accepted },
      cause: input.cause,
    });
    this.name = 'InputError';
    this.field = input.field;
    this.value = value;
    this.accepted = input.accepted;
  }

  /** The error again after its message and facts have crossed a process or thread boundary. */
  static restore(message: string, facts: { field: string; value: string; accepted: string }): InputError {
    return new InputError({ ...facts, problem: '', message });
  }
}

const MOST_CHARACTERS = 120;

function display(value: unknown): string {
  const text = typeof value === 'string' ? value : asJson(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** What nests so deep that it cannot be written is told by its kind. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value, bigintAsText) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function bigintAsText(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
