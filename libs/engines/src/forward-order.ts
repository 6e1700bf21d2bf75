import { unsupportedModel } from './unsupported-model.js';

/** What has to come after what it reads. */
export interface Reader {
  readonly name: string;
  /** Names of those that it reads. */
  readonly inputs: readonly string[];
}

/**
 * Layers in an order in which each comes after those that it reads: as they are listed, wherever that is such an order. Takes as many
 * steps as there are layers and inputs.
 *
 * @param accepted what an error says should be there
 * @throws FathomError UNSUPPORTED_MODEL where a layer reads what is not there, or itself by way of others
 */
export function inForwardOrder<Layer extends Reader>(layers: readonly Layer[], accepted: string): Layer[] {
  const named = new Map(layers.map((layer) => [layer.name, layer]));
  const ordered = new Set<Layer>();
  const begun = new Set<Layer>();
  /** Layers that wait for one of their inputs each, and for which inputs they have not looked yet. */
  const path: { layer: Layer; left: string[] }[] = [];
  const begin = (layer: Layer): void => {
    begun.add(layer);
    path.push({ layer, left: [...layer.inputs].reverse() });
  };
  for (const first of layers) {
    if (!begun.has(first)) begin(first);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const { layer, left } = last;
      const name = left.pop();
      if (name === undefined) {
        ordered.add(layer);
        path.pop();
        continue;
      }
      const input = named.get(name);
      if (input === undefined) throw unsupportedModel(`layer "${layer.name}" reads what no layer makes`, accepted);
      if (begun.has(input) && !ordered.has(input)) throw unsupportedModel(`layer "${layer.name}" is in a ring of layers`, accepted);
      if (!begun.has(input)) begin(input);
    }
  }
  return [...ordered];
}
