import { timed } from './engine-time.js';
import type { Engine, Network, NetworkOptions } from './engine.js';
import { isPackedLayers } from './layers-file.js';
import { onnxruntime } from './onnxruntime.js';
import { tensorflow } from './tensorflow.js';

/** The engine that runs a serialized network: tensorflow for a packed TF.js layers model, onnxruntime for all others. */
export function engineOf(model: Uint8Array): Engine {
  return isPackedLayers(model) ? tensorflow : onnxruntime;
}

/** Opens a serialized network with {@link engineOf}; throws what its `open` throws. */
export async function openNetwork(model: Uint8Array, taps: readonly string[], options: NetworkOptions = {}): Promise<Network> {
  const network = await engineOf(model).open(model, taps, options);
  const { input, batch, taps: names } = network;
  return { input, batch, taps: names, run: (images, count) => timed('pass', () => network.run(images, count)), close: () => network.close() };
}
