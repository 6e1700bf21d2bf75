import { FathomError } from './fathom-error.js';
import { InputError } from './input-error.js';

describe('an input error', () => {
  it('names the field, its value and what is accepted', () => {
    const error = new InputError({ field: 'folds', problem: 'too few', value: 2, accepted: 'an integer of at least 3' });
    expect(error.message).toBe('folds: too few (got 2); accepted: an integer of at least 3');
    expect(error.reason).toBe('INVALID_INPUT');
    expect(error.metadata).toEqual({ field: 'folds', value: '2', accepted: 'an integer of at least 3' });
  });

  it('shows values that JSON cannot hold, and shortens long ones', () => {
    const shown = (value: unknown) => new InputError({ field: 'f', problem: 'p', value, accepted: 'a' }).value;
    expect(shown(NaN)).toBe('"NaN"');
    expect(shown(10n)).toBe('"10"');
    expect(shown('x'.repeat(500))).toHaveLength(121);
    expect(shown(JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`))).toBe('[object Array]');
  });
});

describe('anything thrown', () => {
  it('becomes INTERNAL with the original as cause, unless it is ours already', () => {
    const thrown = new TypeError('x is undefined');
    expect(FathomError.from(thrown)).toMatchObject({ reason: 'INTERNAL', cause: thrown });
    const ours = new FathomError('NOT_FOUND', 'no such artifact');
    expect(FathomError.from(ours)).toBe(ours);
    expect(FathomError.from('text').message).toBe('text');
  });
});
