import { InputError } from '@fathom/errors';

/** The services, by what they are about, in the order of the work. */
export const AREAS = ['activation', 'dictionary', 'complexity', 'importance', 'robustness', 'study'] as const;

/** One of {@link AREAS}. */
export type Area = (typeof AREAS)[number];

/**
 * Where the services are. A host alone means its ports 7301 to 7306, as `fathom serve` uses them; an address ("host:port", "unix:/path",
 * or several, separated by commas) means that all services are there; else the address of each. What is not named is on this machine.
 */
export type Places = string | Readonly<Partial<Record<Area, string>>>;

/** The address of each service. */
export function addressesOf(places: Places = {}): Readonly<Record<Area, string>> {
  if (typeof places === 'string') {
    const alone = /^([^:,/\s]+|\[[\da-fA-F:.]+\])$/.test(places);
    return byArea((index) => (alone ? `${places}:${7301 + index}` : places));
  }
  for (const name of Object.keys(places))
    if (!(AREAS as readonly string[]).includes(name))
      throw new InputError({ field: 'places', problem: 'names no service', value: name, accepted: AREAS.join(', ') });
  return { ...byArea((index) => `127.0.0.1:${7301 + index}`), ...places };
}

function byArea(address: (index: number) => string): Record<Area, string> {
  return Object.fromEntries(AREAS.map((area, index) => [area, address(index)])) as Record<Area, string>;
}
