import { isMap } from './is-map.js';
import { NetworkGraph } from './network-graph.js';
import { axes, network, twoBlocks } from './networks.fixture.js';
import { decodeModel } from './onnx-decoder.js';
import { onnxFile, weight, type FileGraph } from './onnx-file.fixture.js';

const graphOf = (graph: FileGraph) => new NetworkGraph(decodeModel(onnxFile(graph)).graph);

describe('a map [N, C, H, W] is', () => {
  it('what a convolution makes, and what follows it element by element or by windows', () => {
    const graph = graphOf(
      network(
        [
          ['BatchNormalization', ['stem', 'w', 'w', 'w', 'w'], ['norm']],
          ['Sigmoid', ['norm'], ['gate']],
          ['Mul', ['gate', 'norm'], ['silu']],
          ['MaxPool', ['silu'], ['window'], { kernel_shape: { ints: [2, 2] } }],
          ['Concat', ['window', 'window'], ['both'], { axis: { int: 1 } }],
        ],
        'both',
        { w: weight(3) },
      ),
    );
    for (const name of ['stem', 'norm', 'gate', 'silu', 'window', 'both']) expect(isMap(graph, name)).toBe(true);
  });

  it('not what is pooled to one value, has another order of dimensions, comes of a product of matrices, or is the image', () => {
    const graph = graphOf(
      network(
        [
          ['Transpose', ['stem'], ['last'], { perm: { ints: [0, 2, 3, 1] } }],
          ['MatMul', ['last', 'm'], ['product']],
          ['Relu', ['product'], ['tokens']],
          ['ReduceMean', ['stem'], ['mean'], axes(2)],
        ],
        'stem',
        { m: weight(3, 3) },
      ),
    );
    for (const name of ['image', 'last', 'product', 'tokens', 'mean', 'pool', 'penultimate', 'logits', 'nowhere'])
      expect(isMap(graph, name)).toBe(false);
  });

  it('not what a convolution over one dimension makes', () => {
    const graph = graphOf({ outputs: ['y'], nodes: [['Conv', ['image', 'w'], ['y']]], constants: { w: weight(3, 3, 3) } });
    expect(isMap(graph, 'y')).toBe(false);
  });

  it('found in long chains of blocks at once', () => {
    expect(isMap(graphOf(twoBlocks()), 'b.add')).toBe(true);
    const squared = Array.from({ length: 60 }, (_, i) => ['Mul', [`${i}`, `${i}`], [`${i + 1}`]] as const);
    const graph = graphOf({ outputs: ['60'], nodes: [['Transpose', ['image'], ['0']], ...squared] });
    expect(isMap(graph, '60')).toBe(false);
  });
});
