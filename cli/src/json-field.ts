import { InputError } from '@fathom/errors';

/** The largest whole number that the contracts carry. */
const MOST = 0xffffffff;

/** A value in a JSON file, with its place there, such as "test.count"; every method throws an InputError that names the place. */
export class JsonField {
  constructor(
    /** Where it stands; the root is named for the file. */
    readonly name: string,
    readonly value: unknown,
    private readonly path = '',
  ) {}

  /** The keys of an object: all of `required`, any of `optional`, and no other. */
  object<R extends string, O extends string = never>(
    required: readonly R[],
    optional: readonly O[] = [],
  ): Record<R, JsonField> & Partial<Record<O, JsonField>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('is no object', 'an object');
    const keys: readonly string[] = [...required, ...optional];
    const unknown = Object.keys(value).find((key) => !keys.includes(key));
    if (unknown !== undefined)
      throw new InputError({
        field: this.at(unknown).name,
        problem: 'is not known',
        value: (value as Record<string, unknown>)[unknown],
        accepted: keys.join(', '),
      });
    const missing = required.find((key) => !(key in value));
    if (missing !== undefined)
      throw new InputError({ field: this.at(missing).name, problem: 'is missing', accepted: `${this.name} with ${required.join(', ')}` });
    return Object.fromEntries(Object.keys(value).map((key) => [key, this.at(key)])) as Record<R, JsonField> & Partial<Record<O, JsonField>>;
  }

  list(): JsonField[] {
    if (!Array.isArray(this.value)) throw this.wrong('is no list', 'a list');
    return this.value.map((entry, index) => new JsonField(`${this.name}[${index}]`, entry, `${this.name}[${index}]`));
  }

  text(): string {
    if (typeof this.value !== 'string' || this.value === '') throw this.wrong('is no text', 'text');
    return this.value;
  }

  flag(): boolean {
    if (typeof this.value !== 'boolean') throw this.wrong('is neither true nor false', 'true or false');
    return this.value;
  }

  number(): number {
    if (typeof this.value !== 'number' || !Number.isFinite(this.value)) throw this.wrong('is no number', 'a number');
    return this.value;
  }

  whole(): number {
    const value = this.number();
    if (!Number.isInteger(value) || value < 0 || value > MOST) throw this.wrong('is no whole number in range', `a whole number from 0 to ${MOST}`);
    return value;
  }

  oneOf<T extends string>(accepted: readonly T[]): T {
    const found = accepted.find((choice) => choice === this.value);
    if (found === undefined) throw this.wrong('is not known', accepted.join(', '));
    return found;
  }

  private at(key: string): JsonField {
    const path = this.path === '' ? key : `${this.path}.${key}`;
    return new JsonField(path, (this.value as Record<string, unknown>)[key], path);
  }

  private wrong(problem: string, accepted: string): InputError {
    return new InputError({ field: this.name, problem, value: this.value, accepted });
  }
}
