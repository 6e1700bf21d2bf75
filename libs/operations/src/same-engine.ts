import { FathomError } from '@fathom/errors';
import type { EngineFacts } from '@fathom/exact';

/** Refuses two engines that are not one and the same, since provenance names but one. @throws FathomError INTERNAL */
export function requireSameEngine(one: EngineFacts, other: EngineFacts): void {
  if (one.name !== other.name || one.version !== other.version || one.way !== other.way)
    throw new FathomError('INTERNAL', `the engines of a crew differ: ${textOf(one)} and ${textOf(other)}`);
}

function textOf({ name, version, way }: EngineFacts): string {
  return `${name} ${version} (${way})`;
}
