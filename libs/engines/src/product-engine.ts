import type { EngineFacts, IntegerEngine } from '@fathom/exact';

/** What an engine is and can do on this machine. */
export interface EngineCapabilities extends EngineFacts {
  readonly device: 'cpu' | 'gpu';
  /** Threads of one product. */
  readonly threads: number;
}

/** An engine for exact integer products that is proven on this machine. Each thread needs one of its own. */
export interface ProductEngine extends IntegerEngine, EngineCapabilities {
  /** Frees its memory. Call it once no product is running. */
  close(): Promise<void>;
}

/** Where and how integers are multiplied. */
export interface ProductOptions {
  /** Threads of one product by onnxruntime; the result does not depend on it. @default 1 */
  readonly threads?: number;
  /** An NVIDIA GPU or the processor, for onnxruntime; tensorflow's device is that of the package that is installed. @default 'cpu' */
  readonly device?: 'cpu' | 'gpu';
}
