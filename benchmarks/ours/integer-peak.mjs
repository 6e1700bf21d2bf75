/** The most integer operations a second that this machine reaches here: every processor multiplies tiles of bytes at once. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const SHAPE = { rows: 512, steps: 4000, columns: 256 };
const SECONDS = 2;

async function multiply() {
  const { productEngine } = createRequire(import.meta.url)('@fathom/engines');
  const { rows, steps, columns } = SHAPE;
  const engine = await productEngine('onnxruntime');
  const [left, right, out] = [new Uint8Array(rows * steps).fill(200), new Int8Array(steps * columns).fill(-77), new Int32Array(rows * columns)];
  await engine.product(left, right, SHAPE, out);
  let operations = 0;
  const began = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - began) / 1e9;
  while (elapsed() < SECONDS) {
    await engine.product(left, right, SHAPE, out);
    operations += 2 * rows * steps * columns;
  }
  const rate = operations / elapsed();
  await engine.close();
  return { rate, engine: { name: engine.name, version: engine.version, way: engine.way } };
}

if (!isMainThread) parentPort.postMessage(await multiply());
else {
  const answers = await Promise.all(
    Array.from(
      { length: availableParallelism() },
      () => new Promise((done, fail) => new Worker(fileURLToPath(import.meta.url)).on('message', done).on('error', fail)),
    ),
  );
  console.log(JSON.stringify({ rate: answers.reduce((sum, { rate }) => sum + rate, 0), engine: answers[0].engine, threads: answers.length }));
}
