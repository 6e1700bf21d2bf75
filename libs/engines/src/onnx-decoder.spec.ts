import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { decodeModel } from './onnx-decoder.js';
import { floatValues } from './onnx-tensor-decoder.js';
import { twoBlocks } from './networks.fixture.js';
import { onnxFile, someValues, type FileGraph, type FileTensor } from './onnx-file.fixture.js';

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

  it('lies in fixtures/two-blocks.onnx for those that read files', () => {
    const file = readFileSync(join(__dirname, '../fixtures/two-blocks.onnx'));
    expect(file.equals(onnxFile(twoBlocks()))).toBe(true);
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
});

describe('an ONNX file that is too large', () => {
  const shaped = (...dims: number[]) => onnxFile(withConstant({ dims, values: [] }));

  it('is refused above the limit of operators', () => {
    const bytes = onnxFile(twoBlocks());
    const { length } = decodeModel(bytes).graph.nodes;
    expect(decodeModel(bytes, { maxNodes: length }).graph.nodes).toHaveLength(length);
    expect(() => decodeModel(bytes, { maxNodes: length - 1 })).toThrow(
      `model: holds too many operators (got more than ${length - 1}); accepted: at most ${length - 1} operators`,
    );
  });

  it('is refused where a stored tensor has too many dimensions or elements, or a negative size', () => {
    expect(() => decodeModel(shaped(1, 1, 1, 1, 1, 1, 1, 1, 1))).toThrow(
      'model tensor "c": has too many dimensions (got 9); accepted: at most 8 dimensions',
    );
    expect(() => decodeModel(shaped(1, 1, 1), { maxDimensions: 2 })).toThrow('(got 3); accepted: at most 2 dimensions');
    expect(() => decodeModel(shaped(2 ** 30, 2 ** 11))).toThrow(
      'model tensor "c": has too many elements (got 2199023255552); accepted: at most 1099511627776 elements',
    );
    expect(() => decodeModel(shaped(3, 3), { maxElements: 8 })).toThrow('(got 9); accepted: at most 8 elements');
    expect(() => decodeModel(shaped(2, -1))).toThrow('model tensor "c": has a negative size (got [2,-1]); accepted: sizes from 0');
    expect(decodeModel(shaped(0, 7)).graph.initializers.get('c')?.dims).toEqual([0, 7]);
  });
});

describe('an ONNX file with more than operators of the standard', () => {
  const inner: FileGraph = { outputs: ['t'], nodes: [['Relu', ['image'], ['t']]] };
  const unsupported = (problem: string) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining(problem) });

  it('is refused where an operator has a graph of its own', () => {
    const graph: FileGraph = { outputs: ['y'], nodes: [['Relu', ['image'], ['y'], { body: { graph: inner } }]] };
    expect(() => decodeModel(onnxFile(graph))).toThrow(
      unsupported('model: an attribute of node Relu "y" holds a graph; accepted: operators without'),
    );
  });

  it('is refused where it defines operators', () => {
    const FUNCTIONS = [0xca, 0x01, 0x00];
    expect(() => decodeModel(new Uint8Array([...onnxFile(relu), ...FUNCTIONS]))).toThrow(
      unsupported('model: it defines operators of its own; accepted:'),
    );
  });

  it('is refused where weights are sparse, those of an operator too', () => {
    const graph: FileGraph = { outputs: ['y'], nodes: [['Constant', [], ['y'], { sparse_value: { sparse: true } }]] };
    expect(() => decodeModel(onnxFile(graph))).toThrow(unsupported('it stores sparse weights'));
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
    unsupported({ outputs: ['y'], nodes: [['Constant', [], ['y'], { values: { tensors: [external] } }]] });
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
