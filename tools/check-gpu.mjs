/**
 * Tests the GPU ways of both engines on a machine with an NVIDIA GPU: extreme bytes at the full block length, random products against
 * the processor's (SHA-256), the demo network's activations, and how long it takes. Elsewhere it says that it was not run.
 *
 *     npm run check:gpu             # needs the built packages: npm run build
 *     npm run check:gpu -- --cpu    # the same tests of the processor's ways, to test the tests
 *
 * onnxruntime needs its CUDA libraries (ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --foreground-scripts), tensorflow
 * the package @tensorflow/tfjs-node-gpu. Ends with code 1 where a test fails or an engine does not start.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const FASHION = new URL('../models/fashion/', import.meta.url);
const MOST_STEPS = 65_536;
const device = process.argv.includes('--cpu') ? 'cpu' : 'gpu';

function hasGpu() {
  return existsSync('/dev/nvidia0') || spawnSync('nvidia-smi', ['-L']).status === 0;
}

if (device === 'gpu' && !hasGpu()) {
  console.log('not run: no GPU');
  process.exit(0);
}

const { openNetwork, packLayers, preprocess, productEngine, weightFiles } = (await import('../libs/engines/dist/index.js')).default;
const { Prng } = (await import('../libs/exact/dist/index.js')).default;

let failures = 0;
function report(engine, what, passed, more = '') {
  if (!passed) failures += 1;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${engine}: ${what}${more === '' ? '' : `, ${more}`}`);
}

/** Seconds of the fastest of some runs. */
async function seconds(work, runs = 3) {
  let best = Infinity;
  for (let i = 0; i < runs; i += 1) {
    const start = process.hrtime.bigint();
    await work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return best;
}

async function extremes(engine) {
  const [rows, columns] = [40, 24];
  for (const left of [0, 255]) {
    for (const right of [-128, 127]) {
      const out = new Int32Array(rows * columns);
      const shape = { rows, steps: MOST_STEPS, columns };
      await engine.product(new Uint8Array(rows * MOST_STEPS).fill(left), new Int8Array(MOST_STEPS * columns).fill(right), shape, out);
      const sum = (left - 128) * right * MOST_STEPS;
      report(
        engine.name,
        `${MOST_STEPS} steps of ${left - 128} × ${right} are ${sum}`,
        out.every((value) => value === sum),
      );
    }
  }
}

function randomProduct(shape) {
  const random = new Prng(shape.rows);
  const left = new Uint8Array(shape.rows * shape.steps);
  const right = new Int8Array(shape.steps * shape.columns);
  for (let i = 0; i < left.length; i += 1) left[i] = random.uint32();
  for (let i = 0; i < right.length; i += 1) right[i] = random.uint32();
  return { left, right, shape, out: new Int32Array(shape.rows * shape.columns) };
}

async function digestOf(engine, { left, right, shape, out }) {
  await engine.product(left, right, shape, out);
  return createHash('sha256').update(out).digest('hex');
}

async function products(name) {
  const engine = await productEngine(name, { device });
  report(name, `${engine.version} multiplies on the ${engine.device}`, engine.device === device, engine.way);
  await extremes(engine);
  const processor = await productEngine('onnxruntime');
  for (const shape of [
    { rows: 3, steps: 5, columns: 7 },
    { rows: 257, steps: 1000, columns: 129 },
    { rows: 1100, steps: 16_500, columns: 70 },
  ]) {
    const given = randomProduct(shape);
    const [expected, found] = [await digestOf(processor, given), await digestOf(engine, given)];
    report(name, `${shape.rows} × ${shape.steps} × ${shape.columns}`, found === expected, `sha256 ${found.slice(0, 16)}`);
  }
  const shape = device === 'gpu' ? { rows: 4096, steps: 8192, columns: 4096 } : { rows: 512, steps: 2048, columns: 512 };
  const given = randomProduct(shape);
  const took = await seconds(() => engine.product(given.left, given.right, shape, given.out));
  const speed = (2 * shape.rows * shape.steps * shape.columns) / took / 1e9;
  console.log(`       ${name}: ${shape.rows} × ${shape.steps} × ${shape.columns} in ${(1e3 * took).toFixed(1)} ms, ${speed.toFixed(0)} Gop/s`);
  await processor.close();
  await engine.close();
}

function layersModel() {
  const json = readFileSync(new URL('layers/model.json', FASHION));
  const weights = weightFiles(json).map((file) => readFileSync(new URL(`layers/${file}`, FASHION)));
  return packLayers(json, weights);
}

async function activations(name, model, processorModel) {
  const taps = ['block1', 'block4', 'block9', 'penultimate', 'logits'];
  const { preprocessing } = JSON.parse(readFileSync(new URL('fashion.json', FASHION), 'utf8'));
  const pixels = gunzipSync(readFileSync(new URL('images/t10k-images-idx3-ubyte.gz', FASHION))).subarray(16, 16 + 64 * 784);
  const images = preprocess(pixels, 64, preprocessing);
  const network = await openNetwork(model, taps, { device });
  const processor = await openNetwork(processorModel, taps);
  const [found, expected] = [await network.run(images, 64), await processor.run(images, 64)];
  const alone = await network.run(images.subarray(63 * 784), 1);
  for (const tap of taps) {
    const [{ data }, { data: reference }] = [found.get(tap), expected.get(tap)];
    const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const furthest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[i])), 0) / largest;
    report(name, `${tap} is within 1e-4 of the processor's`, furthest < 1e-4, furthest.toExponential(1));
    const last = data.slice((data.length / 64) * 63);
    report(name, `${tap} of an image alone has the bits of one in company`, Buffer.compare(bytes(last), bytes(alone.get(tap).data)) === 0);
  }
  console.log(`       ${name}: 64 images in ${(1e3 * (await seconds(() => network.run(images, 64)))).toFixed(1)} ms`);
  await network.close();
  await processor.close();
}

function bytes({ buffer, byteOffset, byteLength }) {
  return Buffer.from(buffer, byteOffset, byteLength);
}

const onnx = readFileSync(fileURLToPath(new URL('checkpoints/epoch-15.onnx', FASHION)));
for (const [name, model] of [
  ['onnxruntime', onnx],
  ['tensorflow', layersModel()],
]) {
  try {
    await products(name);
    await activations(name, model, onnx);
  } catch (error) {
    report(name, error.message, false);
  }
}
console.log(failures === 0 ? 'all passed' : `${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
