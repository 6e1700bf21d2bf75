import { InputError } from '@fathom/errors';
import { nearNames } from './near-names.js';
import type { NetworkGraph } from './network-graph.js';

const MOST_SHOWN = 8;

/** @throws InputError where a name is no tensor that the network makes of the image, or comes twice */
export function checkTaps(graph: NetworkGraph, names: readonly string[]): void {
  const known = graph.imageTensors();
  if (names.length === 0) throw new InputError({ field: 'taps', problem: 'empty', value: names, accepted: 'at least one tensor of the network' });
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index) {
      throw new InputError({ field: 'taps', problem: 'named twice', value: name, accepted: 'every tensor once' });
    }
    if (!known.includes(name)) {
      throw new InputError({
        field: 'taps',
        problem: 'no tensor that the network makes of the image',
        value: name,
        accepted: `the name of one, such as ${nearNames(name, known, MOST_SHOWN).join(', ')}`,
      });
    }
  });
}
