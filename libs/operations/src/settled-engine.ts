import type { IntegerEngine } from '@fathom/exact';

/** An engine that knows when none of its products is being computed: a thread that ends within one takes the process with it. */
export interface SettledEngine {
  readonly engine: IntegerEngine;
  /** Settles once every product that was begun has ended. Never rejects. */
  readonly settled: () => Promise<void>;
}

/** Watches over an engine's products. */
export function settledEngine(engine: IntegerEngine): SettledEngine {
  const { name, version, way } = engine;
  const running = new Set<Promise<void>>();
  return {
    engine: {
      name,
      version,
      way,
      product: (left, right, shape, out) => {
        const product = engine.product(left, right, shape, out);
        const ended = (): void => void running.delete(product);
        running.add(product);
        product.then(ended, ended);
        return product;
      },
    },
    settled: async () => {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
