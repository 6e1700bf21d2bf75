import { InputError } from '@fathom/errors';

/** Deeper than any document of ours, and shallow enough for the stack. */
const DEEPEST = 500;

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * The one way to write a value as JSON, for digests: names sorted by UTF-16 code units, no white space, numbers as ECMAScript
 * writes them (−0 as 0).
 * @throws InputError naming the place of what JSON cannot hold: NaN, infinities, undefined, functions, bigint, class instances, cycles, and of what
 *   nests more than 500 deep.
 */
export function canonicalJson(value: unknown, place = 'value'): string {
  return write(value, place, new Set());
}

function write(value: unknown, place: string, within: Set<object>): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object' || within.has(value) || within.size === DEEPEST) throw unwritable(place, value);
  within.add(value);
  const text = Array.isArray(value) ? writeArray(value, place, within) : writeObject(value, place, within);
  within.delete(value);
  return text;
}

function writeArray(values: readonly unknown[], place: string, within: Set<object>): string {
  const parts = new Array<string>(values.length);
  for (let i = 0; i < values.length; i++) parts[i] = write(values[i], `${place}[${i}]`, within);
  return `[${parts.join(',')}]`;
}

function writeObject(value: object, place: string, within: Set<object>): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm (a worker, a test) has another Object.prototype: what counts is that nothing stands above it.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw unwritable(place, value);
  const names = Object.keys(value).sort();
  const parts = names.map((name) => `${JSON.stringify(name)}:${write((value as Record<string, unknown>)[name], `${place}.${name}`, within)}`);
  return `{${parts.join(',')}}`;
}

function unwritable(place: string, value: unknown): InputError {
  const shown = typeof value === 'object' && value !== null ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
  return new InputError({
    field: place,
    problem: 'cannot be written as JSON',
    value: shown,
    accepted: 'null, booleans, finite numbers, strings, arrays and plain objects, without cycles, at most 500 deep',
  });
}
