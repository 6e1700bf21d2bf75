import { InputError } from '@fathom/errors';

/** @throws InputError when an array's length is not what its shape says. */
export function requireLength(field: string, array: { readonly length: number }, length: number): void {
  if (array.length !== length) throw new InputError({ field, problem: 'wrong length', value: array.length, accepted: `${length} elements` });
}
