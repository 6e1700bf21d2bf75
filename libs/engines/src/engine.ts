import type { ImageInput } from './image-input.js';

/** One tensor that a batch of images gave. */
export interface LayerOutput {
  /** Row-major values. */
  readonly data: Float32Array;
  /** [images, …]. */
  readonly shape: readonly number[];
}

/** How a network is opened. */
export interface NetworkOptions {
  /** Images that go through the network at once. A network of fixed batch keeps its own. @default 64 */
  readonly batch?: number;
  /** Threads of one pass. The activations do not depend on it. @default 1 */
  readonly threads?: number;
  /** An NVIDIA GPU, by CUDA, or the processor, for ONNX networks; TensorFlow.js has the device of the package that is installed. @default 'cpu' */
  readonly device?: 'cpu' | 'gpu';
  /**
   * Taps whose means over space are all that is wanted. Where onnxruntime sees that such a tap is a map [N, C, H, W] it averages it itself,
   * in float32 and in a fixed order, and gives [images, C]; all others come whole. @default none
   */
  readonly averaged?: readonly string[];
}

/** A network that is ready to run to its taps. */
export interface Network {
  readonly input: ImageInput;
  /** Most images in one pass. Every pass has this size: what is missing is filled with zeros, and cut off again. */
  readonly batch: number;
  readonly taps: readonly string[];
  /**
   * Runs images to the taps.
   *
   * @param images count × channels × height × width, preprocessed
   * @param count 1 to {@link batch}
   * @returns by tap, in the order of {@link taps}: the activations of the images, which do not depend on their neighbours.
   *   Their last bits belong to the set of taps: one inside a block (an addition, a branch) keeps an engine from
   *   computing the block in one go
   * @throws InputError where count or the length of images is out of range
   * @throws FathomError UNSUPPORTED_MODEL where the network fails, or a tap is not float32 with one row per image
   */
  run(images: Float32Array, count: number): Promise<Map<string, LayerOutput>>;
  /** Frees the network's memory. Call it once no pass is running; a second call does nothing. */
  close(): Promise<void>;
}

/** What runs networks. Cancel between passes: a thread that ends in the middle of one takes the process with it. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  /**
   * Opens a serialized network: onnxruntime reads ONNX, tensorflow TF.js layers models that are packed to one string of bytes.
   *
   * @throws InputError where the bytes are no such model, a tap is not in it, or an option is out of range
   * @throws FathomError UNSUPPORTED_MODEL where the engine cannot run it
   */
  open(model: Uint8Array, taps: readonly string[], options?: NetworkOptions): Promise<Network>;
}
