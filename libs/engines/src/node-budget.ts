import { InputError } from '@fathom/errors';

/** Counts the operators of a network while it is read, so that one with too many is not held first. */
export class NodeBudget {
  #spent = 0;

  constructor(private readonly most: number) {}

  /** Takes note of operators. Throws an InputError where they are too many. */
  spend(count = 1): void {
    this.#spent += count;
    if (this.#spent > this.most)
      throw new InputError({
        field: 'model',
        problem: 'holds too many operators',
        value: `more than ${this.most}`,
        accepted: `at most ${this.most} operators`,
      });
  }
}
