/** Runs the small study in a house of its own while a fault strikes, and looks at what is left. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { openHouse } from './house.mjs';
import { smallStudy, studied } from './small-study.mjs';
import { verdict } from './verdict.mjs';

/**
 * @param context of the run: `folder`, and the `undisturbed` study
 * @param house options of the house
 * @param strike begins the fault, at once; gets the house, and a promise of the study's end; resolves to facts once the fault is over
 * @param line what the log has to say
 */
export async function disturbed({ folder, undisturbed }, { house: options = {}, strike, line }) {
  const own = join(folder, 'house');
  rmSync(own, { recursive: true, force: true });
  const house = await openHouse({ folder: own, ...options });
  try {
    const spec = await smallStudy(house);
    const begun = performance.now();
    let tellEnded;
    const ended = new Promise((tell) => (tellEnded = tell));
    const striking = strike(house, ended);
    const asking = studied(house, spec, { onTrouble: (text) => house.told.push(text) }).finally(tellEnded);
    const [facts, result] = await Promise.all([striking, asking]);
    const seconds = (performance.now() - begun) / 1_000;
    const found = await verdict(house, result, undisturbed, line);
    return { ...found, seconds, told: [...new Set(house.told)], ...facts };
  } finally {
    await house.end();
  }
}

/** Resolves when the store has so large a share of the study's parts. */
export async function partsWritten(house, { parts }, share) {
  while (house.parts.finished.size < share * parts.size) await pause(20);
}
