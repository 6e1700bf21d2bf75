/**
 * Writes a checkpoint of this network as a TensorFlow.js layers model: the same weights and names, channels last.
 *
 *     node models/fashion/layers.mjs [checkpoints/epoch-15.onnx] [layers]
 *
 * Needs the built packages (npm run build). The same bytes come out every time.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import onnx from '../../libs/engines/dist/onnx-decoder.js';
import onnxTensor from '../../libs/engines/dist/onnx-tensor-decoder.js';

const here = dirname(fileURLToPath(import.meta.url));
const from = resolve(here, process.argv[2] ?? 'checkpoints/epoch-15.onnx');
const to = resolve(here, process.argv[3] ?? 'layers');

const { graph } = onnx.decodeModel(readFileSync(from));
const [image] = graph.inputs;
const [, channels, height, width] = image.shape;
const stored = (name) => graph.initializers.get(name);
const zeros = { class_name: 'Zeros', config: {} };

const layers = [];
const weights = [];
/** The layer that a tensor of the ONNX file comes from. */
const layerOf = new Map();

add('InputLayer', image.name, [], { batch_input_shape: [null, height, width, channels], dtype: 'float32' });
for (const node of graph.nodes) {
  const [output] = node.outputs;
  const [input, kernel, bias] = node.inputs;
  if (node.operator === 'Conv') convolution(input, kernel, bias, output);
  else if (node.operator === 'Relu') add('Activation', output, [input], { activation: 'relu' });
  else if (node.operator === 'Add') add('Add', output, node.inputs, {});
  // Keras averages and flattens in one layer.
  else if (node.operator === 'GlobalAveragePool') layerOf.set(output, layerOf.get(input));
  else if (node.operator === 'Flatten') add('GlobalAveragePooling2D', output, [input], { data_format: 'channels_last' });
  else if (node.operator === 'Gemm') dense(input, kernel, bias, output);
  else throw new Error(`no layer for operator ${node.operator}`);
}
mkdirSync(to, { recursive: true });
writeFileSync(join(to, 'weights.bin'), Buffer.concat(weights.map(({ values }) => Buffer.from(values.buffer))));
writeFileSync(join(to, 'model.json'), `${JSON.stringify(modelJson(), null, 1)}\n`);

function modelJson() {
  const ends = (values) => values.map(({ name }) => [layerOf.get(name), 0, 0]);
  const config = { name: 'resnet20', layers, input_layers: ends([image]), output_layers: ends(graph.outputs) };
  return {
    format: 'layers-model',
    generatedBy: 'models/fashion/layers.mjs',
    convertedBy: null,
    modelTopology: { class_name: 'Model', config, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    weightsManifest: [{ paths: ['weights.bin'], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) }],
  };
}

/** Adds a layer of the name of the tensor that it makes. */
function add(kind, tensor, inputs, config) {
  const inbound = inputs.map((input) => [layerOf.get(input), 0, 0, {}]);
  layers.push({ class_name: kind, name: tensor, config: { name: tensor, ...config }, inbound_nodes: inbound.length > 0 ? [inbound] : [] });
  layerOf.set(tensor, tensor);
}

function convolution(input, kernel, bias, output) {
  const [filters, read, size] = stored(kernel).dims;
  // network.py: a convolution that changes the number of channels halves the image, but for the stem.
  const stride = filters !== read && read !== channels ? 2 : 1;
  const pad = (size - 1) / 2;
  let source = input;
  if (stride > 1 && pad > 0) {
    // Keras' own padding of a strided convolution is not on both sides.
    source = `${output}.pad`;
    add('ZeroPadding2D', source, [input], { padding: Array(2).fill([pad, pad]), data_format: 'channels_last' });
  }
  add('Conv2D', output, [source], {
    filters,
    kernel_size: [size, size],
    strides: [stride, stride],
    padding: stride > 1 ? 'valid' : 'same',
    data_format: 'channels_last',
    activation: 'linear',
    use_bias: true,
    kernel_initializer: zeros,
  });
  keep(`${output}/kernel`, kernel, [2, 3, 1, 0]);
  keep(`${output}/bias`, bias, [0]);
}

function dense(input, kernel, bias, output) {
  add('Dense', output, [input], { units: stored(kernel).dims[0], activation: 'linear', use_bias: true, kernel_initializer: zeros });
  keep(`${output}/kernel`, kernel, [1, 0]);
  keep(`${output}/bias`, bias, [0]);
}

/** Keeps a stored tensor, its axes in another order. */
function keep(name, tensor, axes) {
  const { dims } = stored(tensor);
  const values = onnxTensor.floatValues(stored(tensor));
  const shape = axes.map((axis) => dims[axis]);
  const steps = axes.map((axis) => dims.slice(axis + 1).reduce((product, size) => product * size, 1));
  const moved = values.map((_, at) => {
    let source = 0;
    for (let i = shape.length - 1, rest = at; i >= 0; rest = Math.floor(rest / shape[i]), i -= 1) source += (rest % shape[i]) * steps[i];
    return values[source];
  });
  weights.push({ name, shape, values: moved });
}
