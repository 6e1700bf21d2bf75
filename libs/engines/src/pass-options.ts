import { InputError } from '@fathom/errors';
import type { NetworkOptions } from './engine.js';
import { MOST_BATCH, MOST_INPUT_VALUES, type ImageInput } from './image-input.js';

const MOST_THREADS = 256;

/**
 * How a network's passes are made, with every default filled in: a batch that the network insists on wins.
 *
 * @throws InputError where an option is out of range
 */
export function passOptions(input: ImageInput, options: NetworkOptions): Required<NetworkOptions> {
  const batch = within('batch', options.batch ?? 64, MOST_BATCH);
  const threads = within('threads', options.threads ?? 1, MOST_THREADS);
  checkBatch(input, batch);
  return { batch: input.fixedBatch ?? batch, threads, device: options.device ?? 'cpu', averaged: options.averaged ?? [] };
}

/** A fixed batch was checked with the input. */
function checkBatch({ channels, height, width, fixedBatch }: ImageInput, batch: number): void {
  const size = channels * height * width;
  if (fixedBatch !== null || batch * size <= MOST_INPUT_VALUES) return;
  const most = Math.floor(MOST_INPUT_VALUES / size);
  throw new InputError({
    field: 'batch',
    problem: `too large for images of ${channels} × ${height} × ${width}`,
    value: batch,
    accepted: `1 to ${most}`,
  });
}

function within(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new InputError({ field, problem: 'out of range', value, accepted: `an integer from 1 to ${most}` });
}
