import { InputError } from '@fathom/errors';
import { referenceEngine } from '@fathom/exact';
import { timed } from './engine-time.js';
import { onnxruntimeProducts } from './onnxruntime-products.js';
import type { EngineCapabilities, ProductEngine, ProductOptions } from './product-engine.js';
import { tensorflowProducts } from './tensorflow-products.js';

/** The engines that can be configured. */
export const ENGINE_NAMES = ['onnxruntime', 'tensorflow', 'reference'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/**
 * A new engine for exact integer products, proven on extreme and random matrices.
 *
 * @throws InputError where the name is none of {@link ENGINE_NAMES}
 * @throws FathomError ENGINE_UNAVAILABLE where the engine is not installed here, or is not exact on this machine
 */
export async function productEngine(name: EngineName, options: ProductOptions = {}): Promise<ProductEngine> {
  const engine = await provenEngine(name, options);
  const { version, way, device, threads } = engine;
  const product: ProductEngine['product'] = (left, right, shape, out) => timed('product', () => engine.product(left, right, shape, out));
  return { name: engine.name, version, way, device, threads, product, close: () => engine.close() };
}

async function provenEngine(name: EngineName, options: ProductOptions): Promise<ProductEngine> {
  switch (name) {
    case 'onnxruntime':
      return onnxruntimeProducts(options);
    case 'tensorflow':
      return tensorflowProducts();
    case 'reference':
      return { ...referenceEngine, device: 'cpu', threads: 1, close: async () => undefined };
    default:
      throw new InputError({ field: 'engine', problem: 'unknown engine', value: name, accepted: ENGINE_NAMES.join(', ') });
  }
}

/** What an engine turns out to be here: it is opened, proven and closed again. Throws what {@link productEngine} throws. */
export async function capabilities(name: EngineName): Promise<EngineCapabilities> {
  const engine = await productEngine(name);
  await engine.close();
  const { version, way, device, threads } = engine;
  return { name, version, way, device, threads };
}
