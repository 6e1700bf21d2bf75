import { describeNetwork } from './network-description.js';
import { HEAD, branch, network, pooledHead, twoBlocks } from './networks.fixture.js';
import { IMAGE, conv, onnxFile, weight, type FileGraph, type FileNode } from './onnx-file.fixture.js';

const identityBlock: FileNode[] = [...branch('stem', 'a'), ['Add', ['stem', 'a.main'], ['a.add']], ['Relu', ['a.add'], ['a']]];
const plain: FileGraph = network([['Relu', ['stem'], ['r1']], conv('r1', 'w1', 'c2'), ['Relu', ['c2'], ['r2']]], 'r2');

describe('the description of a network', () => {
  it('names its input, blocks, taps, penultimate layer, head and logits', () => {
    const description = describeNetwork(onnxFile(twoBlocks(), { producer: 'pytorch' }));
    expect(description).toMatchObject({
      input: { name: 'image', channels: 3, height: 4, width: 4, dynamicBatch: true, fixedBatch: null },
      taps: ['a', 'penultimate'],
      penultimate: { tensor: 'penultimate', width: 3 },
      head: { classes: 5, width: 3 },
      logits: 'logits',
      opset: 13,
      producer: 'pytorch',
    });
    expect(description.blocks.map(({ tap }) => tap)).toEqual(['a', 'b.add']);
  });

  it('puts the pooled layer in the place of the last block only where the head reads just that', () => {
    const taps = (after: FileNode[], end: string) => describeNetwork(onnxFile(network([...identityBlock, ...after], end))).taps;
    expect(taps([], 'a')).toEqual(['penultimate']);
    expect(taps([conv('a', 'w1', 'c'), ['Relu', ['c'], ['r']]], 'r')).toEqual(['a', 'penultimate']);
    const maximum: FileGraph = network(identityBlock, 'a');
    const nodes = maximum.nodes.map((node): FileNode => (node[0] === 'GlobalAveragePool' ? ['GlobalMaxPool', node[1], node[2]] : node));
    expect(describeNetwork(onnxFile({ ...maximum, nodes })).taps).toEqual(['a', 'penultimate']);
  });

  it('keeps the last block where the head reads every position of it', () => {
    const nodes: FileNode[] = [
      conv('image', 'w0', 'stem'),
      ...identityBlock,
      ['Flatten', ['a'], ['flat'], { axis: { int: 1 } }],
      ['Gemm', ['flat', 'big'], ['logits']],
    ];
    const constants = { ...twoBlocks().constants, big: weight(48, 5) };
    expect(describeNetwork(onnxFile({ outputs: ['logits'], nodes, constants })).taps).toEqual(['a', 'flat']);
  });

  it('takes the taps that are named, also where there is no block', () => {
    expect(describeNetwork(onnxFile(plain), { taps: ['r1', 'penultimate'] })).toMatchObject({ blocks: [], taps: ['r1', 'penultimate'] });
    expect(describeNetwork(onnxFile(twoBlocks()), { taps: ['stem'] })).toMatchObject({
      taps: ['stem'],
      blocks: [{ add: 'a.add' }, { add: 'b.add' }],
    });
  });

  it('refuses a network without a block unless taps are named, and lists candidates', () => {
    expect(() => describeNetwork(onnxFile(plain))).toThrow(
      expect.objectContaining({
        reason: 'UNSUPPORTED_MODEL',
        message:
          "model: no residual block was found, so the taps must be named; accepted: taps among the network's tensors, such as r1, r2, penultimate",
      }),
    );
  });

  it('refuses taps that are not there and names those that are like them', () => {
    const naming =
      (...taps: string[]) =>
      () =>
        describeNetwork(onnxFile(plain), { taps });
    expect(naming('R1')).toThrow(/taps: no tensor that the network makes of the image \(got R1\); accepted: the name of one, such as r1, r2/);
    expect(naming('image')).toThrow(/\(got image\)/);
    expect(naming('w0')).toThrow(/\(got w0\)/);
    expect(naming('r1', 'r1')).toThrow(/taps: named twice \(got r1\)/);
    expect(naming()).toThrow(/taps: empty/);
  });
});

describe('the input of a network', () => {
  const withInputs = (inputs: FileGraph['inputs']) => () => describeNetwork(onnxFile({ ...twoBlocks(), inputs }));
  const unsupported = (message: string) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining(message) });

  it('may insist on a batch, and may list stored weights as inputs', () => {
    expect(withInputs([{ ...IMAGE, shape: [8, 3, 4, 4] }])().input).toMatchObject({ dynamicBatch: false, fixedBatch: 8 });
    expect(withInputs([IMAGE, { name: 'w0', type: 1, shape: [3, 3, 3, 3] }])().input.name).toBe('image');
    expect(withInputs([{ ...IMAGE, shape: ['', 3, 4, 4] }])().input.dynamicBatch).toBe(true);
  });

  it('is refused where there are several, or it is no float32 image of fixed size', () => {
    expect(withInputs([IMAGE, { ...IMAGE, name: 'second' }])).toThrow(unsupported('it has several inputs: image, second'));
    expect(withInputs([{ ...IMAGE, type: 2 }])).toThrow(unsupported('input "image" is of type UINT8'));
    expect(withInputs([{ ...IMAGE, type: 10 }])).toThrow(unsupported('of type FLOAT16'));
    expect(withInputs([{ name: 'image' }])).toThrow(unsupported('of type unknown'));
    expect(withInputs([{ name: 'image', type: 1 }])).toThrow(unsupported('has shape unknown'));
    expect(withInputs([{ ...IMAGE, shape: ['N', 12] }])).toThrow(unsupported('has shape [N, 12]'));
    expect(withInputs([{ ...IMAGE, shape: ['N', 3, 'H', ''] }])).toThrow(unsupported('has shape [N, 3, H, ?]'));
    expect(withInputs([{ ...IMAGE, shape: ['N', 224, 224, 3] }])).toThrow(unsupported('its channels come last'));
  });

  it('is refused where it is too large to be run', () => {
    expect(withInputs([{ ...IMAGE, shape: [65_537, 3, 4, 4] }])).toThrow(unsupported('has shape [65537, 3, 4, 4]: its batch is too large'));
    expect(withInputs([{ ...IMAGE, shape: [65_536, 3, 64, 64] }])).toThrow(
      unsupported('has shape [65536, 3, 64, 64]: it is too large; accepted: at most 268435456 values'),
    );
    expect(withInputs([{ ...IMAGE, shape: ['N', 3, 2 ** 20, 2 ** 20] }])).toThrow(unsupported('it is too large'));
    expect(withInputs([{ ...IMAGE, shape: [65_536, 3, 4, 4] }])().input.fixedBatch).toBe(65_536);
  });

  it('is missed where there is none', () => {
    const nodes: FileNode[] = [['ConstantOfShape', ['shape'], ['x']], ...pooledHead('x')];
    const graph: FileGraph = { outputs: ['logits'], inputs: [], nodes, constants: { ...HEAD, shape: { dims: [4], values: [1, 3, 4, 4], type: 7 } } };
    expect(() => describeNetwork(onnxFile(graph))).toThrow(unsupported('it has no input'));
  });
});
