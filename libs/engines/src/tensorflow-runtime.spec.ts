import { load, tensorflowRuntime } from './tensorflow-runtime.js';

/** Packages by name: what they hold, or the error that loading them throws. */
function packages(present: Readonly<Record<string, object>>) {
  return (name: string): unknown => {
    const found = present[name];
    if (found instanceof Error) throw found;
    if (found !== undefined) return found;
    throw Object.assign(new Error(`Cannot find module '${name}'\nRequire stack: …`), { code: 'MODULE_NOT_FOUND' });
  };
}

const core = (isUsingGpuDevice?: boolean) => ({
  version_core: '4.22.0',
  setBackend: async (name: string) => name === 'wasm',
  backend: () => ({ isUsingGpuDevice }),
});

describe('TensorFlow.js', () => {
  it('runs on WebAssembly where nothing else is installed, and is loaded once', async () => {
    const runtime = await tensorflowRuntime();
    expect(runtime).toMatchObject({ backend: 'wasm', device: 'cpu', version: '4.22.0' });
    expect(await tensorflowRuntime()).toBe(runtime);
  });

  it('runs by the fastest package that is installed', async () => {
    const wasm = { '@tensorflow/tfjs-core': core(), '@tensorflow/tfjs-backend-wasm': {} };
    expect(await load(packages(wasm))).toMatchObject({ backend: 'wasm', device: 'cpu' });
    const node = { ...wasm, '@tensorflow/tfjs-core': core(false), '@tensorflow/tfjs-node': {} };
    expect(await load(packages(node))).toMatchObject({ backend: 'tfjs-node', device: 'cpu' });
    const gpu = { ...node, '@tensorflow/tfjs-core': core(true), '@tensorflow/tfjs-node-gpu': {} };
    expect(await load(packages(gpu))).toMatchObject({ backend: 'tfjs-node-gpu', device: 'gpu' });
  });

  it('does not fall back in silence from a package that is installed and does not start', async () => {
    const broken = new Error('The Node.js native addon module can not be found\nat …');
    const present = { '@tensorflow/tfjs-core': core(), '@tensorflow/tfjs-backend-wasm': {}, '@tensorflow/tfjs-node-gpu': broken };
    await expect(load(packages(present))).rejects.toMatchObject({
      reason: 'ENGINE_UNAVAILABLE',
      message: 'engine tensorflow: @tensorflow/tfjs-node-gpu is installed, but does not start: The Node.js native addon module can not be found',
    });
  });

  it('says what could be installed where there is nothing', async () => {
    await expect(load(packages({}))).rejects.toThrow(
      'engine tensorflow: none of @tensorflow/tfjs-node-gpu, @tensorflow/tfjs-node, @tensorflow/tfjs-backend-wasm is installed',
    );
  });

  it('says so where WebAssembly does not start', async () => {
    const present = { '@tensorflow/tfjs-core': { ...core(), setBackend: async () => false }, '@tensorflow/tfjs-backend-wasm': {} };
    await expect(load(packages(present))).rejects.toThrow('WebAssembly does not start');
  });
});
