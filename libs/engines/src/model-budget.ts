import { InputError } from '@fathom/errors';

/** How large a model may be. */
export interface ModelOptions {
  /** Most bytes of a serialized model. @default 2147483647, protobuf's own limit */
  readonly maxModelBytes?: number;
  /** Most operators. @default 100000 */
  readonly maxNodes?: number;
  /** Most dimensions of a stored tensor. @default 8 */
  readonly maxDimensions?: number;
  /** Most elements of a stored tensor. @default 2 ** 40 */
  readonly maxElements?: number;
}

/** For networks that were checked when they came, by whatever limits were set. */
export const CHECKED: ModelOptions = { maxNodes: Infinity, maxDimensions: Infinity, maxElements: Infinity };

/** Looks while a network is read whether it is too large, so that one that is is not held first. */
export class ModelBudget {
  readonly #most: Required<Omit<ModelOptions, 'maxModelBytes'>>;
  #nodes = 0;

  constructor({ maxNodes = 100_000, maxDimensions = 8, maxElements = 2 ** 40 }: ModelOptions) {
    this.#most = { maxNodes, maxDimensions, maxElements };
  }

  /** Takes note of operators. Throws an InputError where they are too many. */
  spend(count = 1): void {
    this.#nodes += count;
    const most = this.#most.maxNodes;
    if (this.#nodes <= most) return;
    throw new InputError({ field: 'model', problem: 'holds too many operators', value: `more than ${most}`, accepted: `at most ${most} operators` });
  }

  /** Throws an InputError where a stored tensor has too many dimensions or elements, or a size that is none. */
  checkShape(tensor: string, shape: readonly number[]): void {
    const { maxDimensions, maxElements } = this.#most;
    const refused = (problem: string, value: unknown, accepted: string): InputError =>
      new InputError({ field: `model tensor "${tensor}"`, problem, value, accepted });
    if (shape.length > maxDimensions) throw refused('has too many dimensions', shape.length, `at most ${maxDimensions} dimensions`);
    if (shape.some((size) => size < 0)) throw refused('has a negative size', shape, 'sizes from 0');
    const elements = shape.reduce((product, size) => product * size, 1);
    if (elements > maxElements) throw refused('has too many elements', elements, `at most ${maxElements} elements`);
  }
}
