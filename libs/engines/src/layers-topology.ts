import { inForwardOrder } from './forward-order.js';
import { unsupportedModel } from './unsupported-model.js';

/** One layer of a TF.js layers model. */
export interface Layer {
  readonly name: string;
  /** Its Keras class, such as "Conv2D". */
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers that it reads. */
  readonly inputs: readonly string[];
}

/** The layers of a network in forward order. */
export interface Topology {
  readonly layers: readonly Layer[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The program that wrote it; '' where it does not say. */
  readonly producer: string;
}

/** What a layer reads: a list of [layer, …] each. */
type KerasNode = readonly (readonly [string, ...unknown[]])[];

interface KerasLayer {
  readonly name?: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name?: string; readonly batch_input_shape?: unknown };
  readonly inbound_nodes?: readonly KerasNode[];
}

interface KerasModel {
  readonly class_name: string;
  readonly config: {
    readonly layers: readonly KerasLayer[];
    readonly input_layers?: readonly (readonly [string, ...unknown[]])[];
    readonly output_layers?: readonly (readonly [string, ...unknown[]])[];
  };
}

const FUNCTIONAL = new Set(['Model', 'Functional']);
const NESTED = new Set([...FUNCTIONAL, 'Sequential']);
const ACCEPTED = 'a functional or sequential Keras network of plain layers, each used once';

/**
 * Reads the modelTopology of a TF.js layers model.
 *
 * @throws FathomError UNSUPPORTED_MODEL where it is of another kind: a graph of operators, nested or shared layers, channels first
 */
export function readTopology(topology: unknown): Topology {
  const outer = topology as { model_config?: KerasModel; keras_version?: string } & KerasModel;
  const model = outer.model_config ?? outer;
  const version = outer.keras_version;
  const producer = typeof version === 'string' ? (version.startsWith('tfjs') ? version : `keras ${version}`) : '';
  const isSequential = model.class_name === 'Sequential';
  const stored = model.config?.layers;
  if (!(isSequential || FUNCTIONAL.has(model.class_name)) || !Array.isArray(stored))
    throw unsupportedModel(`its topology is of class ${model.class_name}`, ACCEPTED);
  const layers = isSequential ? chained(stored as KerasLayer[]) : (stored as KerasLayer[]).map(linked);
  for (const layer of layers) check(layer);
  const names = (ends: unknown): string[] => {
    // One end alone is written without a list around it.
    const list = (typeof (ends as unknown[])?.[0] === 'string' ? [ends] : (ends ?? [])) as [string][];
    return list.map(([name]) => text(name));
  };
  return {
    layers: inForwardOrder(layers, ACCEPTED),
    inputs: isSequential ? layers.slice(0, 1).map(({ name }) => name) : names(model.config.input_layers),
    outputs: isSequential ? layers.slice(-1).map(({ name }) => name) : names(model.config.output_layers),
    producer,
  };
}

function linked({ name, class_name: kind, config, inbound_nodes: nodes = [] }: KerasLayer): Layer {
  const label = name ?? config.name ?? '';
  if (nodes.length > 1) throw unsupportedModel(`layer "${label}" is used ${nodes.length} times`, ACCEPTED);
  const [read = []]: KerasNode[] = [...nodes];
  if (!isList(read)) throw unsupportedModel(`layer "${label}" is linked as Keras 3 does`, `${ACCEPTED}, as Keras 2 writes it`);
  return { name: label, kind, config, inputs: read.map(([from]) => from) };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a name or class of a layer is no text');
  return value;
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

/** The layers of a sequential network, each reading the one before; the first says what the input is. */
function chained(stored: readonly KerasLayer[]): Layer[] {
  const [first] = stored;
  const layers: Layer[] = [];
  const shape = first?.config.batch_input_shape;
  if (first !== undefined && first.class_name !== 'InputLayer' && shape !== undefined)
    layers.push({ name: `${first.config.name ?? ''}_input`, kind: 'InputLayer', config: { batch_input_shape: shape }, inputs: [] });
  for (const { class_name: kind, config } of stored)
    layers.push({ name: config.name ?? '', kind, config, inputs: layers.slice(-1).map(({ name }) => name) });
  return layers;
}

/** Throws where a layer is of a kind that is not read, or its names are none. */
function check({ name, kind, config, inputs }: Layer): void {
  for (const word of [name, kind, ...inputs]) text(word);
  if (NESTED.has(kind)) throw unsupportedModel(`layer "${name}" is a network itself`, ACCEPTED);
  if (config['data_format'] === 'channels_first') throw unsupportedModel(`layer "${name}" reads channels first`, 'layers that read channels last');
}
