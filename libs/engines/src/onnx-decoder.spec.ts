import fc from 'fast-check';
import { decodeModel } from './onnx-decoder.js';
import { floatValues } from './onnx-tensor-decoder.js';
import { twoBlocks } from './networks.fixture.js';
import { IMAGE, onnxFile, someValues, type FileGraph, type FileTensor } from './onnx-file.fixture.js';

const relu: FileGraph = { outputs: ['y'], nodes: [['Relu', ['image'], ['y']]] };
const withConstant = (tensor: FileTensor): FileGraph => ({ ...relu, constants: { c: tensor } });

describe('an ONNX file', () => {
  it('is read: graph, shapes, constants, attributes, operator set, producer', () => {
    const model = decodeModel(onnxFile(twoBlocks(), { opset: 17, producer: 'pytorch' }));
    expect(model).toMatchObject({ irVersion: 8, opset: 17, producer: 'pytorch' });
    expect(model.graph.inputs).toEqual([{ name: 'image', elementType: 'FLOAT', shape: ['N', 3, 4, 4] }]);
    expect(model.graph.outputs.map(({ name }) => name)).toEqual(['logits']);
    expect(model.graph.nodes[0]).toMatchObject({ operator: 'Conv', inputs: ['image', 'w0'], outputs: ['stem'] });
    expect(model.graph.nodes.at(-1)?.attributes.get('transB')?.integer).toBe(1);
    expect(model.graph.initializers.get('w0')).toMatchObject({ dims: [3, 3, 3, 3], elementType: 'FLOAT' });
  });

  it('may store floats raw or in a typed field', () => {
    const values = someValues(6).map(Math.fround);
    for (const isRaw of [true, false]) {
      const tensor = decodeModel(onnxFile(withConstant({ dims: [2, 3], values, isRaw }))).graph.initializers.get('c');
      expect(tensor && [...floatValues(tensor)]).toEqual(values);
    }
  });

  it('may come with its graph in pieces, which are one', () => {
    const [one, two] = [onnxFile(relu), onnxFile({ outputs: ['z'], inputs: [], nodes: [['Relu', ['y'], ['z']]] })];
    const { graph } = decodeModel(new Uint8Array([...one, ...two]));
    expect(graph.nodes).toHaveLength(2);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 'z']);
  });

  it('tells which outer tensors a subgraph reads', () => {
    const inner: FileGraph = { outputs: ['t'], nodes: [['Relu', ['image'], ['t']]] };
    const model = decodeModel(onnxFile({ outputs: ['y'], nodes: [['If', ['c'], ['y'], { then_branch: { graph: inner } }]] }));
    expect(model.graph.nodes[0]?.captured).toContain('image');
  });
});

describe('an ONNX file of many operators', () => {
  const inner: FileGraph = {
    outputs: ['t'],
    nodes: [
      ['Relu', ['image'], ['t']],
      ['Relu', ['t'], ['u']],
    ],
  };
  const bytes = onnxFile({
    outputs: ['y'],
    nodes: [
      ['If', ['c'], ['x'], { then_branch: { graph: inner } }],
      ['Relu', ['x'], ['y']],
    ],
  });

  it('is refused above the limit, those of subgraphs counted', () => {
    expect(decodeModel(bytes, { maxNodes: 4 }).graph.nodes).toHaveLength(2);
    expect(() => decodeModel(bytes, { maxNodes: 3 })).toThrow('model: holds too many operators (got more than 3); accepted: at most 3 operators');
  });
});

describe('what is no ONNX file', () => {
  const refused = (bytes: Uint8Array) => {
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ name: 'InputError', field: 'model' }));
  };

  it('is refused: nothing, text, an archive', () => {
    refused(new Uint8Array());
    refused(Buffer.from('import torch\n'));
    refused(Buffer.from('hello world, this is a text file'));
    refused(Buffer.from([0x50, 0x4b, 0x03, 0x04, 0, 0, 0, 0, 0, 0]));
    expect(() => decodeModel(Buffer.from('PK'))).toThrow(/model: not an ONNX file.*2 bytes starting 504b.*accepted: a serialized ONNX model/s);
  });

  it('is refused wherever it was cut off', () => {
    const whole = onnxFile(twoBlocks());
    for (let length = 0; length < whole.length; length += 1) refused(whole.subarray(0, length));
  });

  it('is refused with random bytes, and never anything but an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refused(bytes)),
      { numRuns: 500, seed: 1 },
    );
  });

  it('is never worse than refused when bytes of a good file are changed', () => {
    const whole = onnxFile(twoBlocks());
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const changed = whole.slice();
        changed[at] = value;
        try {
          decodeModel(changed);
        } catch (error) {
          expect(error).toMatchObject({ reason: expect.stringMatching(/INVALID_INPUT|UNSUPPORTED_MODEL/) });
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('is refused without a graph, with an empty one, without version or operator set', () => {
    refused(new Uint8Array([8, 8]));
    refused(onnxFile({ outputs: [], nodes: [] }));
    refused(onnxFile(relu, { irVersion: 0 }));
    refused(onnxFile(relu, { opset: 0 }));
  });

  it('is refused when subgraphs are nested without end', () => {
    let graph = relu;
    for (let depth = 0; depth < 30; depth += 1) graph = { outputs: ['y'], nodes: [['If', ['c'], ['y'], { then_branch: { graph } }]] };
    expect(() => decodeModel(onnxFile(graph))).toThrow(/nested more than 16 deep/);
  });

  it('is refused above the size limit, which is named', () => {
    const bytes = onnxFile(relu);
    expect(() => decodeModel(bytes, { maxModelBytes: bytes.length - 1 })).toThrow(
      `too large (got ${bytes.length} bytes); accepted: at most ${bytes.length - 1} bytes`,
    );
    expect(decodeModel(bytes, { maxModelBytes: bytes.length }).opset).toBe(13);
    expect(() => decodeModel(bytes, { maxModelBytes: 0 })).toThrow(/maxModelBytes: out of range \(got 0\)/);
  });
});

describe('weights outside the file', () => {
  const external: FileTensor = { dims: [2], values: [], external: '../../etc/passwd' };
  const unsupported = (graph: FileGraph) => {
    expect(() => decodeModel(onnxFile(graph))).toThrow(
      expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining('external data') }),
    );
  };

  it('are refused and their path is not followed, wherever they are named', () => {
    unsupported(withConstant(external));
    unsupported({ outputs: ['y'], nodes: [['Constant', [], ['y'], { value: { tensor: external } }]] });
    unsupported({ outputs: ['y'], inputs: [IMAGE], nodes: [['If', ['c'], ['y'], { else_branch: { graph: withConstant(external) } }]] });
  });
});

describe('a stored constant', () => {
  it('is refused when its shape does not fit its bytes', () => {
    const tensor = decodeModel(onnxFile(withConstant({ dims: [7], values: someValues(6) }))).graph.initializers.get('c');
    expect(() => tensor && floatValues(tensor)).toThrow(
      'model tensor "c": its shape [7] does not fit what is stored (got 24 bytes); accepted: 28 bytes',
    );
  });

  it('is refused as a weight when it is not float32', () => {
    const tensor = decodeModel(onnxFile(withConstant({ dims: [1], values: [3], type: 7 }))).graph.initializers.get('c');
    expect(() => tensor && floatValues(tensor)).toThrow(/tensor "c" is of type INT64; accepted: FLOAT/);
  });
});
