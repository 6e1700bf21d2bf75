/** The study that nothing happens to: what all others are held against. */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openHouse } from './house.mjs';
import { smallStudy, studied } from './small-study.mjs';

/** @returns digest, digests of the steps, keys of all parts, the requests of each service to the store during the study, and seconds */
export async function undisturbedStudy(folder) {
  const house = await openHouse({ folder: join(folder, 'undisturbed') });
  try {
    const spec = await smallStudy(house);
    const requests = Object.fromEntries(house.processes.map(({ service }) => [service, []]));
    for (const each of house.processes) each.onRequest = (_count, { method, path }) => requests[each.service].push(`${method} ${path.split('?')[0]}`);
    const begun = performance.now();
    const { digest, steps } = await studied(house, spec);
    const seconds = (performance.now() - begun) / 1_000;
    return { digest, steps, parts: new Set([...house.parts.finished.keys()].filter((part) => !house.parts.registered.has(part))), requests, seconds };
  } finally {
    await house.end();
  }
}
