import { fashionLayers, saved, twoBlocks, written } from './layers-file.fixture.js';
import { packLayers } from './layers-file.js';
import { describeNetwork } from './network-description.js';

const unsupported = (message: RegExp) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringMatching(message) });

const layer = (kind: string, name: string, config: object = {}, ...inputs: string[]) => ({
  class_name: kind,
  name,
  config: { name, ...config },
  inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
});
const image = layer('InputLayer', 'image', { batch_input_shape: [null, 4, 4, 3] });
const network = (layers: object[], output: string) => ({
  class_name: 'Functional',
  config: { name: 'n', layers, input_layers: [['image', 0, 0]], output_layers: [[output, 0, 0]] },
});
const head = { name: 'head/kernel', shape: [3, 2] };
const pooledHead = (input: string, config: object = {}) => [
  layer('GlobalAveragePooling2D', 'pool', {}, input),
  layer('Dense', 'head', { units: 2, activation: 'linear', ...config }, 'pool'),
];

describe('a TF.js layers model', () => {
  it('is described as the ONNX file of the same structure: input with channels first, blocks, taps and head', async () => {
    const model = await twoBlocks();
    const description = describeNetwork(await saved(model));
    expect(description).toMatchObject({
      input: { name: 'image', channels: 3, height: 4, width: 6, dynamicBatch: true, fixedBatch: null },
      blocks: [
        { add: 'a.add', tap: 'a', nonLinearity: 'Relu', shortcut: 'stem', main: 'a.main' },
        { add: 'b.add', tap: 'b.add', nonLinearity: null, shortcut: 'b.norm', main: 'b.main' },
      ],
      // The pooled output of the last block is the penultimate layer: it counts once.
      taps: ['a', 'pool'],
      penultimate: { tensor: 'pool', width: 7 },
      logits: 'classes/linear',
      opset: 0,
      producer: expect.stringMatching(/^tfjs-layers /),
    });
    const [weight, bias] = model.getLayer('classes').getWeights();
    expect(description.head).toEqual({ weight: await weight!.data(), bias: await bias!.data(), width: 7, classes: 5 });
    model.dispose();
  });

  it('may be sequential, as a converter writes it, and its taps may be named', () => {
    const layers = [
      { class_name: 'Conv2D', config: { name: 'conv', filters: 3, activation: 'relu', batch_input_shape: [8, 4, 4, 3] } },
      { class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } },
      { class_name: 'Dense', config: { name: 'head', units: 2 } },
    ];
    const topology = { keras_version: '2.15.0', model_config: { class_name: 'Sequential', config: { layers } } };
    expect(describeNetwork(written(topology, [head]), { taps: ['conv', 'pool'] })).toMatchObject({
      input: { name: 'conv_input', fixedBatch: 8 },
      taps: ['conv', 'pool'],
      penultimate: { tensor: 'pool', width: 3 },
      producer: 'keras 2.15.0',
    });
  });

  it('may list its layers in any order', () => {
    const { blocks, taps } = describeNetwork(fashionLayers());
    const text = Buffer.from(fashionLayers()).subarray(12).toString('latin1');
    const json = JSON.parse(text.slice(0, text.indexOf('\n}\n') + 3)) as { modelTopology: { config: { layers: object[] } } };
    json.modelTopology.config.layers.reverse();
    const size = new DataView(Uint8Array.from(fashionLayers().subarray(8, 12)).buffer).getUint32(0, true);
    const turned = describeNetwork(packLayers(Buffer.from(JSON.stringify(json)), [fashionLayers().subarray(12 + size)]));
    expect(turned).toMatchObject({ blocks, taps });
  });

  it('shows what a layer computes before its activation to nobody', () => {
    const bytes = written(network([image, layer('Conv2D', 'conv', { activation: 'relu' }, 'image'), ...pooledHead('conv')], 'head'), [head]);
    expect(() => describeNetwork(bytes)).toThrow(unsupported(/no residual block was found.*taps among the network's tensors, such as conv, pool/));
    expect(() => describeNetwork(bytes, { taps: ['conv/linear'] })).toThrow(
      'taps: no tensor that the network makes of the image (got conv/linear); accepted: the name of one, such as conv',
    );
  });

  it.each<[string, object, RegExp]>([
    ['a graph of operators', { node: [], library: {} }, /its topology is of class undefined/],
    ['a network inside', network([image, layer('Functional', 'inside', {}, 'image')], 'inside'), /layer "inside" is a network itself/],
    ['channels first', network([image, layer('Conv2D', 'c', { data_format: 'channels_first' }, 'image')], 'c'), /layer "c" reads channels first/],
    [
      'a layer used twice',
      network([image, { ...layer('ReLU', 'r'), inbound_nodes: [[['image', 0, 0]], [['r', 0, 0]]] }], 'r'),
      /"r" is used 2 times/,
    ],
    ['links as of Keras 3', network([image, { ...layer('ReLU', 'r'), inbound_nodes: [{ args: [] }] }], 'r'), /"r" is linked as Keras 3 does/],
    ['a layer that reads nothing there', network([image, layer('ReLU', 'r', {}, 'gone')], 'r'), /layer "r" reads what no layer makes/],
    ['a ring', network([image, layer('ReLU', 'r', {}, 's'), layer('ReLU', 's', {}, 'r')], 'r'), /layer "s" is in a ring of layers/],
    ['no linear layer at the end', network([image, layer('ReLU', 'r', {}, 'image')], 'r'), /no output \(r\) comes from a linear layer/],
    [
      'an input that is no image',
      network([layer('InputLayer', 'image', { batch_input_shape: [null, 7] })], 'image'),
      /input "image" has shape \[\?, 7\]/,
    ],
  ])('is refused for %s', (_title, topology, message) => {
    expect(() => describeNetwork(written(topology))).toThrow(unsupported(message));
  });

  it.each([
    [{ dtype: 'float16' }, 'float16'],
    [{ quantization: { dtype: 'uint8', min: 0, scale: 1 } }, 'quantized'],
  ])('is refused with weights of %o', (more, kind) => {
    const bytes = written(network([image, ...pooledHead('image')], 'head'), [head], more);
    expect(() => describeNetwork(bytes)).toThrow(unsupported(new RegExp(`weight "head/kernel" is ${kind}; accepted: weights of float32`)));
  });

  it.each([{ class_name: 'Sequential', config: { layers: [null] } }, { class_name: 'Model', config: { layers: [{}] } }, network([3 as never], 'x')])(
    'is refused where its topology is broken: %j',
    (topology) => {
      expect(() => describeNetwork(written(topology))).toThrow(/model: (its modelTopology cannot be read: |it has no input)/);
    },
  );

  it.each([
    { class_name: 'Model', config: { layers: [{ class_name: 'InputLayer', name: ['x'], config: {} }], input_layers: [], output_layers: [] } },
    { class_name: 'Model', config: { layers: [{ class_name: 7, name: 'x', config: {} }], input_layers: [], output_layers: [] } },
    { class_name: 'Model', config: { layers: [{ class_name: 'InputLayer', name: 'x', config: {} }], input_layers: [], output_layers: [[{}]] } },
    {
      class_name: 'Model',
      config: { layers: [{ class_name: 'Add', name: 'x', config: {}, inbound_nodes: [[[['y']]]] }], input_layers: [], output_layers: [] },
    },
  ])('is refused where a name is no text: %j', (topology) => {
    expect(() => describeNetwork(written(topology))).toThrow('model: its modelTopology cannot be read: a name or class of a layer is no text');
  });

  it('is refused where bytes are too few or too many', () => {
    const bytes = written(network([image, ...pooledHead('image')], 'head'), [head]);
    const problem = 'model: its weights do not fit what model.json says of them';
    expect(() => describeNetwork(bytes.subarray(0, -1))).toThrow(`${problem} (got 23 bytes); accepted: 24 bytes`);
    expect(() => describeNetwork(Buffer.concat([bytes, Buffer.of(1)]))).toThrow(problem);
    expect(() => describeNetwork(bytes.subarray(0, 20))).toThrow('model: model.json is not JSON');
  });
});
