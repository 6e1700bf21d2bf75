import { InputError } from '@fathom/errors';

/** @throws InputError unless an array has one value for each feature */
export function requirePerFeature(field: string, values: { readonly length: number }, features: number): void {
  if (values.length !== features) {
    throw new InputError({ field, problem: 'wrong length', value: values.length, accepted: `${features} values, one a feature` });
  }
}
