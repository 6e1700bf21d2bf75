import type { NetworkGraph } from './network-graph.js';
import { nonLinearityAfter } from './non-linearity.js';
import type { OnnxNode } from './onnx-model.js';
import { isArithmetic, isLearned, isPassing, isReshaping } from './operators.js';

/** A residual addition: `add` = `shortcut` + `main`. All are names of tensors. */
export interface ResidualBlock {
  readonly add: string;
  /** The output of the non-linearity after the addition, else the addition itself. */
  readonly tap: string;
  /** The non-linearity's name; null where none follows directly. */
  readonly nonLinearity: string | null;
  /** The operand that comes from the fork unchanged or by a projection. */
  readonly shortcut: string;
  /** The operand that comes from the fork through more learned operators. */
  readonly main: string;
}

interface Candidate {
  readonly node: OnnxNode;
  readonly shortcut: string;
  readonly main: string;
  /** The nodes from the fork to the main operand. */
  readonly branch: readonly OnnxNode[];
  readonly shortcutLearned: number;
}

/** Operators that a projecting shortcut may be made of, beside arithmetic with constants: no non-linearity, no gating. */
const PROJECTING = new Set([
  'Conv',
  'Gemm',
  'MatMul',
  'BatchNormalization',
  'InstanceNormalization',
  'LayerNormalization',
  'AveragePool',
  'MaxPool',
  'Pad',
  'Slice',
  'Concat',
  'Transpose',
  'Resize',
  'QuantizeLinear',
  'DequantizeLinear',
]);

/**
 * Finds the residual additions of a network by its structure alone, in forward order.
 * An addition of two tensors of the image counts where walking back from one of them (the shortcut) by linear
 * operators reaches a tensor that the other (the main branch) is made of by more learned operators. What adds a bias,
 * a position or another constant, or lies inside the main branch of another block, does not.
 */
export function residualBlocks(graph: NetworkGraph): ResidualBlock[] {
  const candidates = new Map<string, Candidate>();
  for (const node of graph.nodes) {
    const output = node.outputs[0];
    if (output === undefined || (node.operator !== 'Add' && node.operator !== 'Sum') || node.inputs.length !== 2) continue;
    const candidate = asCandidate(graph, node, candidates);
    if (candidate !== undefined) candidates.set(output, candidate);
  }
  const blocks: ResidualBlock[] = [];
  const inBranches = new Set<OnnxNode>();
  // From the end: a block is met before those that lie inside its main branch.
  for (const [add, { node, shortcut, main, branch }] of [...candidates].reverse()) {
    if (inBranches.has(node)) continue;
    for (const inner of branch) inBranches.add(inner);
    const after = nonLinearityAfter(graph, add);
    blocks.unshift({ add, tap: after?.output ?? add, nonLinearity: after?.name ?? null, shortcut, main });
  }
  return blocks;
}

function asCandidate(graph: NetworkGraph, node: OnnxNode, known: ReadonlyMap<string, Candidate>): Candidate | undefined {
  const [left, right] = node.inputs;
  if (left === undefined || right === undefined || !graph.isFromImage(left) || !graph.isFromImage(right)) return undefined;
  const found = [withShortcut(graph, node, left, right, known), withShortcut(graph, node, right, left, known)];
  return found.filter((candidate) => candidate !== undefined).sort((a, b) => a.shortcutLearned - b.shortcutLearned)[0];
}

/** Walks back along `shortcut` to the first tensor that `main` is made of. */
function withShortcut(
  graph: NetworkGraph,
  node: OnnxNode,
  shortcut: string,
  main: string,
  known: ReadonlyMap<string, Candidate>,
): Candidate | undefined {
  let shortcutLearned = 0;
  let fork: string | undefined = shortcut;
  while (fork !== undefined) {
    const branch = graph.between(fork, main);
    if (branch !== undefined) {
      const mainLearned = branch.filter((step) => isLearned(graph, step)).length;
      return mainLearned > shortcutLearned ? { node, shortcut, main, branch, shortcutLearned } : undefined;
    }
    const step = graph.producer(fork);
    if (step !== undefined && isLearned(graph, step)) shortcutLearned += 1;
    fork = known.get(fork)?.shortcut ?? projected(graph, step);
  }
  return undefined;
}

/** What a projecting operator reads of the image; undefined where the operator is none. */
function projected(graph: NetworkGraph, node: OnnxNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  const read = graph.imageInputs(node);
  const isLinear = PROJECTING.has(node.operator) || isPassing(node) || isReshaping(node) || isArithmetic(node);
  return isLinear && read.length === 1 ? read[0] : undefined;
}
