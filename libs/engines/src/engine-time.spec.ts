import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ENGINE_CHANNEL, type EngineTime } from './engine-time.js';
import { openNetwork } from './open-network.js';
import { productEngine } from './open-product-engine.js';

const MODEL = resolve(__dirname, '../../../models/fashion/checkpoints/epoch-15.onnx');

it('every pass and every product tells of its time, also one that fails', async () => {
  const network = await openNetwork(readFileSync(MODEL), ['pool'], { batch: 2 });
  const engine = await productEngine('reference');
  const told: EngineTime[] = [];
  const listen = (message: unknown): void => void told.push(message as EngineTime);
  subscribe(ENGINE_CHANNEL, listen);
  try {
    const { channels, height, width } = network.input;
    await network.run(new Float32Array(2 * channels * height * width), 2);
    await engine.product(new Uint8Array(1), new Int8Array(1), { rows: 1, steps: 1, columns: 1 }, new Int32Array(1));
    await expect(network.run(new Float32Array(1), 3)).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
  } finally {
    unsubscribe(ENGINE_CHANNEL, listen);
    await network.close();
  }
  expect(told.map(({ work }) => work)).toEqual(['pass', 'product', 'pass']);
  for (const { seconds } of told) expect(seconds).toBeGreaterThan(0);
});
