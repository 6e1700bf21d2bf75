import { linearHead } from './linear-head.js';
import { NetworkGraph } from './network-graph.js';
import { scalar } from './networks.fixture.js';
import { decodeModel } from './onnx-decoder.js';
import { onnxFile, someValues, weight, type FileAttribute, type FileGraph, type FileNode, type FileTensor } from './onnx-file.fixture.js';
import { onnxruntime } from './onnxruntime.js';

const WIDTH = 48;
const CLASSES = 5;
const graphOf = (nodes: FileNode[], constants: Record<string, FileTensor>, outputs = ['logits']): FileGraph => ({
  outputs,
  nodes: [['Flatten', ['image'], ['a'], { axis: { int: 1 } }], ...nodes],
  constants,
});
const headOf = (graph: FileGraph) => linearHead(new NetworkGraph(decodeModel(onnxFile(graph)).graph));
const gemm = (attributes: Record<string, FileAttribute>, inputs = ['a', 'W', 'b'], output = 'logits'): FileNode => [
  'Gemm',
  inputs,
  [output],
  attributes,
];

const W = weight(WIDTH, CLASSES);
const WT = weight(CLASSES, WIDTH);
const b = weight(CLASSES);
const forms: [string, FileGraph][] = [
  ['Gemm', graphOf([gemm({})], { W, b })],
  ['Gemm with a transposed weight', graphOf([gemm({ transB: { int: 1 } })], { W: WT, b })],
  ['Gemm with factors', graphOf([gemm({ alpha: { float: 0.5 }, beta: { float: -2 }, transB: { int: 1 } })], { W: WT, b })],
  ['Gemm without a bias', graphOf([gemm({}, ['a', 'W'])], { W })],
  ['Gemm with one bias for all', graphOf([gemm({})], { W, b: scalar(0.25) })],
  ['MatMul', graphOf([['MatMul', ['a', 'W'], ['logits']]], { W })],
  [
    'MatMul and Add',
    graphOf(
      [
        ['MatMul', ['a', 'W'], ['m']],
        ['Add', ['m', 'b'], ['logits']],
      ],
      { W, b },
    ),
  ],
  [
    'Add before MatMul, bias of two dimensions',
    graphOf(
      [
        ['MatMul', ['a', 'W'], ['m']],
        ['Add', ['b', 'm'], ['logits']],
      ],
      { W, b: weight(1, CLASSES) },
    ),
  ],
  [
    'a weight that is transposed in the graph',
    graphOf(
      [
        ['Transpose', ['W'], ['T'], { perm: { ints: [1, 0] } }],
        ['MatMul', ['a', 'T'], ['logits']],
      ],
      { W: WT },
    ),
  ],
  ['a weight behind Identity', graphOf([['Identity', ['W'], ['V']], ['Identity', ['b'], ['c']], gemm({}, ['a', 'V', 'c'])], { W, b })],
  [
    'a weight in a Constant node',
    graphOf(
      [
        ['Constant', [], ['W'], { value: { tensor: W } }],
        ['MatMul', ['a', 'W'], ['logits']],
      ],
      {},
    ),
  ],
  ['a softmax behind it', graphOf([gemm({}), ['Identity', ['logits'], ['i']], ['Softmax', ['i'], ['p']]], { W, b }, ['p'])],
];

describe('the linear head', () => {
  it.each(forms)('gives the logits as a·W + b: %s', async (_name, graph) => {
    const { head, penultimate, logits } = headOf(graph);
    expect({ penultimate, logits, width: head.width, classes: head.classes }).toEqual({
      penultimate: 'a',
      logits: 'logits',
      width: WIDTH,
      classes: CLASSES,
    });
    const images = Float32Array.from(someValues(2 * WIDTH, 5));
    const opened = await onnxruntime.open(onnxFile(graph), ['logits'], { batch: 2 });
    const truth = (await opened.run(images, 2)).get('logits')?.data ?? [];
    await opened.close();
    for (let image = 0; image < 2; image += 1) {
      for (let j = 0; j < CLASSES; j += 1) {
        let y = head.bias[j]!;
        for (let i = 0; i < WIDTH; i += 1) y += images[image * WIDTH + i]! * head.weight[i * CLASSES + j]!;
        expect(y).toBeCloseTo(truth[image * CLASSES + j]!, 5);
      }
    }
  });

  it('is found where taps were added as outputs', () => {
    expect(headOf(graphOf([gemm({})], { W, b }, ['a', 'logits'])).logits).toBe('logits');
  });

  it('is refused where the output comes from something else, or its weights are computed', () => {
    const refused = (graph: FileGraph, message: string) =>
      expect(() => headOf(graph)).toThrow(expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining(message) }));
    refused(graphOf([['Relu', ['a'], ['logits']]], {}), 'no output (logits) comes from a linear layer');
    refused(graphOf([['Relu', ['a'], ['logits']]], {}, []), 'no output (it has none)');
    refused(graphOf([['MatMul', ['a', 'a'], ['logits']]], {}), 'no output (logits) comes from a linear layer');
    refused(graphOf([gemm({ transA: { int: 1 } })], { W, b }), 'transposed (transA)');
    refused(graphOf([['Relu', ['W'], ['V']], gemm({}, ['a', 'V', 'b'])], { W, b }), 'the weight "V" of the linear layer is no stored matrix');
    refused(graphOf([gemm({})], { W, b: weight(CLASSES, 1) }), 'the bias "b" of the linear layer is not one stored value per class');
    refused(graphOf([gemm({})], { W: { ...W, type: 11 }, b }), 'tensor "W" is of type DOUBLE');
  });
});
