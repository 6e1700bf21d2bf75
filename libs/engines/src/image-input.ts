import type { NetworkGraph } from './network-graph.js';
import { unsupportedModel } from './unsupported-model.js';

/** The one input of a network: images [N, C, H, W] of float32. */
export interface ImageInput {
  readonly name: string;
  readonly channels: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** Whether the network takes any number of images at once. */
  readonly dynamicBatch: boolean;
  /** The number of images that the network insists on; null where it takes any. */
  readonly fixedBatch: number | null;
}

const ACCEPTED = 'a network with one input of float32 images [N, C, H, W] whose C, H and W are fixed';
const MOST_COLOUR_CHANNELS = 4;

/** Most images in one pass. */
export const MOST_BATCH = 65_536;
/** Most input values in one pass: 1 GiB of float32. */
export const MOST_INPUT_VALUES = 2 ** 28;

/**
 * Finds the image input of a network.
 *
 * @throws FathomError UNSUPPORTED_MODEL where it has none or several inputs, or its input is no such image or
 *   too large
 */
export function imageInput(graph: NetworkGraph): ImageInput {
  const [input, ...others] = graph.inputs;
  if (input === undefined) throw unsupportedModel('it has no input', ACCEPTED);
  if (others.length > 0) {
    throw unsupportedModel(`it has several inputs: ${graph.inputs.map(({ name }) => name).join(', ')}`, ACCEPTED);
  }
  if (input.elementType !== 'FLOAT') {
    throw unsupportedModel(`input "${input.name}" is of type ${input.elementType ?? 'unknown'}`, ACCEPTED);
  }
  const shown = input.shape === undefined ? 'unknown' : `[${input.shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
  const [batch, channels, height, width] = input.shape ?? [];
  if (input.shape?.length !== 4 || !isSize(channels) || !isSize(height) || !isSize(width)) {
    throw unsupportedModel(`input "${input.name}" has shape ${shown}`, ACCEPTED);
  }
  if (channels > MOST_COLOUR_CHANNELS && width <= MOST_COLOUR_CHANNELS) {
    throw unsupportedModel(`input "${input.name}" has shape ${shown}: its channels come last`, `${ACCEPTED}, channels before height and width`);
  }
  const fixedBatch = isSize(batch) ? batch : null;
  if (fixedBatch !== null && fixedBatch > MOST_BATCH) {
    throw unsupportedModel(
      `input "${input.name}" has shape ${shown}: its batch is too large`,
      `a batch that is not fixed, or of at most ${MOST_BATCH} images`,
    );
  }
  if ((fixedBatch ?? 1) * channels * height * width > MOST_INPUT_VALUES) {
    throw unsupportedModel(`input "${input.name}" has shape ${shown}: it is too large`, `at most ${MOST_INPUT_VALUES} values`);
  }
  return { name: input.name, channels, height, width, dynamicBatch: fixedBatch === null, fixedBatch };
}

function isSize(size: number | string | undefined): size is number {
  return typeof size === 'number' && size > 0;
}
