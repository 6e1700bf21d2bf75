/** The wall clocks of some services jump by an hour in the midst of a study, forward and back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from './chance.mjs';
import { disturbed, partsWritten } from './disturbed.mjs';
import { SERVICES } from './house.mjs';

const HOUR_MS = 3_600_000;
const JUMPS = 8;
const LINE = /its clock and the one here differ/;

/** Options of a house whose clocks can jump. */
export function jumpingClocks(folder) {
  return { preload: [join(import.meta.dirname, 'jumping-clock.mjs')], env: { FATHOM_CLOCK: join(folder, 'clock') } };
}

/** Has the wall clock of a process jump to so many hours from the true time. */
export async function jump(folder, { child }, hours) {
  writeFileSync(join(folder, 'clock'), String(hours * HOUR_MS));
  child.kill('SIGUSR2');
  await pause(100); // until it has read the file
}

export async function* run(context) {
  const { folder, seed, undisturbed } = context;
  const random = chance(seed, 'clock');
  const strike = async (house, ended) => {
    const moments = [];
    for (let count = 0; count < JUMPS; count += 1) {
      const share = (count + random()) / (JUMPS + 1);
      await Promise.race([partsWritten(house, undisturbed, share), ended]);
      const each = house.named(SERVICES[Math.floor(SERVICES.length * random())]);
      const hours = [1, -1][count % 2];
      await jump(folder, each, hours);
      moments.push(`${each.service}: ${hours > 0 ? '+' : '−'}1 h, once ${Math.round(100 * share)} % of the parts are there`);
    }
    await ended;
    return { what: `wall clocks jump by an hour, ${JUMPS} times, and stay there`, moments };
  };
  yield await disturbed(context, { house: jumpingClocks(folder), strike, line: LINE });
}
