/** The short form of several others in one study: the store stands still, refuses, cuts and changes what it is asked for, and clocks jump. */
import { setTimeout as pause } from 'node:timers/promises';
import { jump, jumpingClocks } from './clock.mjs';
import { disturbed, partsWritten } from './disturbed.mjs';
import { spoil, WAYS } from './store-answers.mjs';

const SECONDS = 3;

export async function* run(context) {
  const { folder, seed, undisturbed } = context;
  const strike = async (house) => {
    for (const what of Object.keys(WAYS).slice(1)) spoil(house, seed, what);
    await partsWritten(house, undisturbed, 0.2);
    await jump(folder, house.named('dictionary'), 1);
    await jump(folder, house.named('complexity'), -1);
    await partsWritten(house, undisturbed, 0.5);
    house.store.signal('SIGSTOP');
    await pause(1_000 * SECONDS);
    house.store.signal('SIGCONT');
    return { what: `the store answers badly, stands still for ${SECONDS} s, and clocks jump by an hour` };
  };
  yield await disturbed(context, { house: jumpingClocks(folder), strike, line: /the store does not answer as it should/ });
}
