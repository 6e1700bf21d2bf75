import { conv, weight, type FileAttribute, type FileGraph, type FileNode, type FileTensor } from './onnx-file.fixture.js';

/** A stored scalar. */
export const scalar = (value: number): FileTensor => ({ dims: [], values: [value] });

/** Global average pooling and a linear head on a tensor of 3 channels; the constants it reads are in {@link HEAD}. */
export function pooledHead(input: string): FileNode[] {
  return [
    ['GlobalAveragePool', [input], ['pool']],
    ['Flatten', ['pool'], ['penultimate'], { axis: { int: 1 } }],
    ['Gemm', ['penultimate', 'head.weight', 'head.bias'], ['logits'], { transB: { int: 1 } }],
  ];
}

export const HEAD: Record<string, FileTensor> = { 'head.weight': weight(5, 3), 'head.bias': weight(5) };

/** A network of 3 channels whose nodes begin at `stem` and end at `end`, before pooling and a linear head. */
export function network(nodes: readonly FileNode[], end: string, constants: Record<string, FileTensor> = {}): FileGraph {
  return {
    outputs: ['logits'],
    nodes: [conv('image', 'w0', 'stem'), ...nodes, ...pooledHead(end)],
    constants: { w0: weight(3, 3, 3, 3), w1: weight(3, 3, 3, 3), w2: weight(3, 3, 3, 3), w3: weight(3, 3, 1, 1), ...HEAD, ...constants },
  };
}

/** Two convolutions from `from` to `NAME.main`. */
export function branch(from: string, name: string): FileNode[] {
  return [conv(from, 'w1', `${name}.1`), ['Relu', [`${name}.1`], [`${name}.2`]], conv(`${name}.2`, 'w2', `${name}.main`)];
}

/** A network with an identity block with ReLU and a projection block without. */
export function twoBlocks(): FileGraph {
  return network(
    [
      ...branch('stem', 'a'),
      ['Add', ['a.main', 'stem'], ['a.add']],
      ['Relu', ['a.add'], ['a']],
      ...branch('a', 'b'),
      conv('a', 'w3', 'b.shortcut', 1),
      ['Add', ['b.shortcut', 'b.main'], ['b.add']],
    ],
    'b.add',
  );
}

/** Attributes that say which axes. */
export const axes = (...ints: number[]): Record<string, FileAttribute> => ({ axes: { ints } });
