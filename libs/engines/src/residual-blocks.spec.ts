import { NetworkGraph } from './network-graph.js';
import { axes, branch, network, scalar, twoBlocks } from './networks.fixture.js';
import { decodeModel } from './onnx-decoder.js';
import { conv, onnxFile, weight, type FileGraph, type FileNode } from './onnx-file.fixture.js';
import { residualBlocks } from './residual-blocks.js';

const blocksOf = (graph: FileGraph) => residualBlocks(new NetworkGraph(decodeModel(onnxFile(graph)).graph));
/** Names of the additions that count, in a network made of these nodes. */
const additions = (nodes: FileNode[], end: string, constants = {}) => blocksOf(network(nodes, end, constants)).map(({ add }) => add);
/** The tap of a block whose addition `sum` is followed by these nodes, which end in `end`. */
const tapOf = (after: FileNode[], end: string, constants = {}) => {
  const [block] = blocksOf(network([...branch('stem', 'a'), ['Add', ['stem', 'a.main'], ['sum']], ...after], end, constants));
  return block && [block.tap, block.nonLinearity];
};

describe('a residual block', () => {
  it('is found with an identity and with a projection as shortcut, whichever operand it is', () => {
    expect(blocksOf(twoBlocks())).toEqual([
      { add: 'a.add', tap: 'a', nonLinearity: 'Relu', shortcut: 'stem', main: 'a.main' },
      { add: 'b.add', tap: 'b.add', nonLinearity: null, shortcut: 'b.shortcut', main: 'b.main' },
    ]);
  });

  it('may project by pooling, striding and padding channels with zeros', () => {
    const nodes: FileNode[] = [
      ['AveragePool', ['stem'], ['s1'], { kernel_shape: { ints: [1, 1] } }],
      ['Pad', ['s1', 'pads'], ['s2']],
      ...branch('stem', 'a'),
      ['Add', ['a.main', 's2'], ['sum']],
    ];
    expect(additions(nodes, 'sum', { pads: { dims: [8], values: [0, 0, 0, 0, 0, 0, 0, 0], type: 7 } })).toEqual(['sum']);
  });

  it('may come twice in a row and in parallel', () => {
    const twice: FileNode[] = [
      ...branch('stem', 'a'),
      ['Add', ['stem', 'a.main'], ['a.add']],
      ...branch('a.add', 'b'),
      ['Add', ['a.add', 'b.main'], ['b.add']],
    ];
    expect(additions(twice, 'b.add')).toEqual(['a.add', 'b.add']);
    const parallel: FileNode[] = [
      ...branch('stem', 'a'),
      ...branch('stem', 'b'),
      ['Add', ['stem', 'a.main'], ['a.add']],
      ['Add', ['a.add', 'b.main'], ['b.add']],
    ];
    expect(additions(parallel, 'b.add')).toEqual(['a.add', 'b.add']);
  });

  it('inside the main branch of another is no tap of its own', () => {
    const nodes: FileNode[] = [
      conv('stem', 'w1', 'm1'),
      ['Relu', ['m1'], ['m2']],
      ...branch('m2', 'in'),
      ['Add', ['m2', 'in.main'], ['inner']],
      conv('inner', 'w2', 'm3'),
      ['Add', ['stem', 'm3'], ['outer']],
    ];
    expect(additions(nodes, 'outer')).toEqual(['outer']);
  });
});

describe('no residual block', () => {
  it('is the addition of a bias, a position or a scalar', () => {
    const nodes: FileNode[] = [
      ['Add', ['stem', 'position'], ['x1']],
      conv('x1', 'w1', 'x2'),
      ['Add', ['bias', 'x2'], ['x3']],
      ['Add', ['x3', 'one'], ['x4']],
      ['Identity', ['bias'], ['bias2']],
      ['Add', ['x4', 'bias2'], ['x5']],
    ];
    expect(additions(nodes, 'x5', { position: weight(1, 3, 4, 4), bias: weight(3, 1, 1), one: scalar(1) })).toEqual([]);
  });

  it('is an addition inside GELU, in its form with tanh', () => {
    const nodes: FileNode[] = [
      ['Pow', ['stem', 'three'], ['g1']],
      ['Mul', ['g1', 'c'], ['g2']],
      ['Add', ['stem', 'g2'], ['g3']],
      ['Mul', ['g3', 'c'], ['g4']],
      ['Tanh', ['g4'], ['g5']],
      ['Add', ['g5', 'one'], ['g6']],
      ['Mul', ['stem', 'g6'], ['g7']],
    ];
    expect(additions(nodes, 'g7', { three: scalar(3), c: scalar(0.04), one: scalar(1) })).toEqual([]);
  });

  it('is the epsilon or the shift of a normalisation', () => {
    const nodes: FileNode[] = [
      ['ReduceMean', ['stem'], ['mean'], axes(1)],
      ['Sub', ['stem', 'mean'], ['d']],
      ['Mul', ['d', 'd'], ['dd']],
      ['ReduceMean', ['dd'], ['v'], axes(1)],
      ['Add', ['v', 'eps'], ['ve']],
      ['Sqrt', ['ve'], ['sd']],
      ['Div', ['d', 'sd'], ['n']],
      ['Mul', ['n', 'gain'], ['n2']],
      ['Add', ['n2', 'gain'], ['n3']],
    ];
    expect(additions(nodes, 'n3', { eps: scalar(1e-5), gain: weight(3, 1, 1) })).toEqual([]);
  });

  it('is the addition of what is computed from the shape of the image alone', () => {
    const nodes: FileNode[] = [
      ['Shape', ['stem'], ['s']],
      ['ConstantOfShape', ['s'], ['grid']],
      conv('grid', 'w1', 'position'),
      ['Add', ['stem', 'position'], ['sum']],
    ];
    expect(additions(nodes, 'sum')).toEqual([]);
  });

  it('is the sum of two branches that are equally deep, or of two branches that gate', () => {
    const equal: FileNode[] = [conv('stem', 'w1', 'x'), conv('stem', 'w2', 'y'), ['Add', ['x', 'y'], ['sum']]];
    expect(additions(equal, 'sum')).toEqual([]);
    const gated: FileNode[] = [
      ['Sigmoid', ['stem'], ['s']],
      ['Mul', ['stem', 's'], ['x']],
      ...branch('stem', 'a'),
      ['Add', ['x', 'a.main'], ['sum']],
    ];
    expect(additions(gated, 'sum')).toEqual([]);
  });

  it('is the sum of a tensor with itself', () => {
    expect(additions([['Add', ['stem', 'stem'], ['sum']]], 'sum')).toEqual([]);
  });
});

describe('the tap of a block', () => {
  it.each(['Relu', 'LeakyRelu', 'HardSwish', 'Gelu', 'Elu', 'Clip', 'PRelu'])(
    'is what %s makes, where it is the only use of the addition',
    (operator) => {
      const inputs = operator === 'Clip' ? ['sum', 'low', 'high'] : operator === 'PRelu' ? ['sum', 'low'] : ['sum'];
      expect(tapOf([[operator, inputs, ['y']]], 'y', { low: scalar(0), high: scalar(6) })).toEqual(['y', operator]);
    },
  );

  it('is found through Identity', () => {
    expect(
      tapOf(
        [
          ['Identity', ['sum'], ['i']],
          ['Relu', ['i'], ['y']],
        ],
        'y',
      ),
    ).toEqual(['y', 'Relu']);
  });

  it('is the addition itself where something else reads it too', () => {
    expect(tapOf([['Relu', ['sum'], ['r']], conv('r', 'w1', 'm'), ['Add', ['sum', 'm'], ['y']]], 'y')).toEqual(['sum', null]);
  });

  it('is the addition itself where a normalisation, a scale or a convolution comes first', () => {
    const norm: FileNode = ['BatchNormalization', ['sum', 'v', 'v', 'v', 'v'], ['n']];
    expect(tapOf([norm, ['Relu', ['n'], ['y']]], 'y', { v: weight(3) })).toEqual(['sum', null]);
    expect(
      tapOf(
        [
          ['Mul', ['sum', 'half'], ['n']],
          ['Relu', ['n'], ['y']],
        ],
        'y',
        { half: scalar(0.5) },
      ),
    ).toEqual(['sum', null]);
    expect(tapOf([conv('sum', 'w1', 'c'), ['Relu', ['c'], ['y']]], 'y')).toEqual(['sum', null]);
  });

  it('is what a non-linearity of several operators makes: SiLU, GELU, HardSwish, Mish', () => {
    const constants = { root: scalar(1.41), one: scalar(1), half: scalar(0.5), three: scalar(3), low: scalar(0), six: scalar(6) };
    expect(
      tapOf(
        [
          ['Sigmoid', ['sum'], ['s']],
          ['Mul', ['sum', 's'], ['y']],
        ],
        'y',
      ),
    ).toEqual(['y', 'Silu']);
    const erf: FileNode[] = [
      ['Div', ['sum', 'root'], ['e1']],
      ['Erf', ['e1'], ['e2']],
      ['Add', ['e2', 'one'], ['e3']],
    ];
    expect(tapOf([...erf, ['Mul', ['sum', 'e3'], ['e4']], ['Mul', ['e4', 'half'], ['y']]], 'y', constants)).toEqual(['y', 'Gelu']);
    expect(tapOf([...erf, ['Mul', ['sum', 'half'], ['h']], ['Mul', ['h', 'e3'], ['y']]], 'y', constants)).toEqual(['y', 'Gelu']);
    const clip: FileNode[] = [
      ['Add', ['sum', 'three'], ['h1']],
      ['Clip', ['h1', 'low', 'six'], ['h2']],
      ['Mul', ['sum', 'h2'], ['h3']],
    ];
    expect(tapOf([...clip, ['Div', ['h3', 'six'], ['y']]], 'y', constants)).toEqual(['y', 'HardSwish']);
    expect(
      tapOf(
        [
          ['Softplus', ['sum'], ['p']],
          ['Tanh', ['p'], ['t']],
          ['Mul', ['sum', 't'], ['y']],
        ],
        'y',
      ),
    ).toEqual(['y', 'Mish']);
  });

  it('does not take in a gate that reads the whole image', () => {
    const gate: FileNode[] = [
      ['GlobalAveragePool', ['sum'], ['g']],
      ['Sigmoid', ['g'], ['s']],
      ['Mul', ['sum', 's'], ['y']],
    ];
    expect(tapOf(gate, 'y')).toEqual(['sum', null]);
  });
});

describe('a graph', () => {
  it('is refused where a node reads what comes later, or two nodes make the same tensor', () => {
    const late: FileGraph = {
      outputs: ['y'],
      nodes: [
        ['Relu', ['x'], ['y']],
        ['Relu', ['image'], ['x']],
      ],
    };
    expect(() => blocksOf(late)).toThrow(/node Relu "y" reads a tensor that no earlier node makes \(got x\)/);
    const double: FileGraph = {
      outputs: ['y'],
      nodes: [
        ['Relu', ['image'], ['y']],
        ['Tanh', ['image'], ['y']],
      ],
    };
    expect(() => blocksOf(double)).toThrow(/two nodes make the same tensor \(got y\)/);
  });
});
