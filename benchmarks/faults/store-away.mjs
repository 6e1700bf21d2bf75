/** The store does not answer for a while in the midst of a study: its process stands still, or is killed and started again. */
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from './chance.mjs';
import { disturbed, partsWritten } from './disturbed.mjs';

const SECONDS = 30;
const LINE = /the store took no heartbeat|the store does not answer as it should/;

const WAYS = {
  [`the store stands still for ${SECONDS} s`]: async ({ store }) => {
    store.signal('SIGSTOP');
    await pause(1_000 * SECONDS);
    store.signal('SIGCONT');
  },
  [`the store is killed, and started again after ${SECONDS} s`]: async ({ store }) => {
    await store.kill();
    await pause(1_000 * SECONDS);
    await store.start();
  },
};

export async function* run(context) {
  const random = chance(context.seed, 'store away');
  for (const [what, way] of Object.entries(WAYS)) {
    const share = 0.1 + 0.7 * random();
    const strike = async (house) => {
      await partsWritten(house, context.undisturbed, share);
      await way(house);
      return { what: `${what}, once ${Math.round(100 * share)} % of the parts are there` };
    };
    yield await disturbed(context, { strike, line: LINE });
  }
}
