import { InputError } from '@fathom/errors';

/** How large the fields of a request may be. */
export interface RequestLimits {
  /** UTF-16 code units of a text. */
  readonly maxTextLength: number;
  /** Entries of a list. */
  readonly maxListLength: number;
  /** What a number, or the entries of a list, may be at most in fields of these names, in any request. @default nothing more */
  readonly maxByField?: ReadonlyMap<string, number>;
}

/** Throws an InputError for the first text, list or number in a decoded request that is too large, at any depth, with its path in the contract's names. */
export function checkRequest(request: unknown, limits: RequestLimits, field = ''): void {
  if (typeof request === 'string') refuseAbove(field, 'is too long', request.length, limits.maxTextLength, 'characters');
  if (typeof request === 'number') return refuseNumberAbove(field, request, mostOf(field, limits));
  if (typeof request !== 'object' || request === null || ArrayBuffer.isView(request)) return;
  if (Array.isArray(request)) {
    refuseAbove(field, 'has too many entries', request.length, Math.min(limits.maxListLength, mostOf(field, limits)), 'entries');
    // Of numbers there is nothing more to say.
    if (typeof request[0] === 'string' || typeof request[0] === 'object')
      request.forEach((entry, i) => checkRequest(entry, limits, `${field}[${i}]`));
    return;
  }
  // A choice of the contract is { $case, value } here, and its value's field there.
  const { $case, value } = request as { $case?: string; value?: unknown };
  if (typeof $case === 'string') return checkRequest(value, limits, beside(field, $case));
  for (const [name, entry] of Object.entries(request)) checkRequest(entry, limits, field === '' ? snake(name) : `${field}.${snake(name)}`);
}

function mostOf(field: string, { maxByField }: RequestLimits): number {
  return maxByField?.get(field.slice(field.lastIndexOf('.') + 1)) ?? Infinity;
}

function refuseNumberAbove(field: string, value: number, most: number): void {
  if (value > most) throw new InputError({ field, problem: 'is too large', value, accepted: `at most ${most}` });
}

function refuseAbove(field: string, problem: string, value: number, most: number, unit: string): void {
  if (value > most) throw new InputError({ field, problem, value: `${value} ${unit}`, accepted: `at most ${most} ${unit}` });
}

function beside(field: string, choice: string): string {
  const end = field.lastIndexOf('.');
  return end < 0 ? snake(choice) : `${field.slice(0, end)}.${snake(choice)}`;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
