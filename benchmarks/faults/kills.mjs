/**
 * kill -9 of every service, at moments that are drawn from what it asked the store for in the undisturbed study: when its request of
 * that number comes, or when the store's answer to it is there and not yet sent on.
 */
import { chance } from './chance.mjs';
import { disturbed } from './disturbed.mjs';
import { SERVICES } from './house.mjs';

/** Later requests are heartbeats, of which there may be fewer another time. */
const REACHED = 0.8;
const MOST_RUNS_BEYOND = 3;

/** One moment for each service in `services`. */
function moments(random, requests, services) {
  return services.map((service) => ({
    service,
    number: 1 + Math.floor(random() * REACHED * requests[service].length),
    isAnswered: random() < 0.5,
  }));
}

/** Kills each service at its moment, and starts it again. `struck`: the moments that came. */
function killAt(house, plan) {
  const struck = [];
  const restarts = [];
  for (const moment of plan) {
    const each = house.named(moment.service);
    const strike = (number, what) => {
      if (number < moment.number || struck.includes(moment)) return;
      struck.push(moment);
      moment.what = what;
      restarts.push(house.killAndRestart(each));
    };
    each.requests = 0;
    each.onRequest = (number, { method, path }) => !moment.isAnswered && strike(number, `${method} ${path}`);
    each.onAnswer = (number, { method, url }) => moment.isAnswered && strike(number, `${method} ${url}`);
  }
  return { struck, restarted: () => Promise.all(restarts) };
}

const told = ({ service, number, isAnswered, what }) =>
  `${service}, ${isAnswered ? 'before the answer to' : 'at'} its request ${number}: ${what.split('?')[0].replace(/([0-9a-f]{8})[0-9a-f]{56}/g, '$1…')}`;

const title = 'kill -9 of every service';

export async function* run(context) {
  const { isShort, seed, undisturbed } = context;
  const wanted = isShort ? SERVICES.length : 50;
  const random = chance(seed, 'kills');
  let kills = 0;
  for (let round = 1; kills < wanted && round <= wanted / SERVICES.length + MOST_RUNS_BEYOND; round += 1) {
    const plan = moments(random, undisturbed.requests, SERVICES).slice(0, wanted - kills);
    const strike = async (house, ended) => {
      const { struck, restarted } = killAt(house, plan);
      await ended;
      await restarted();
      kills += struck.length;
      return { title: `${title}, ${wanted} moments`, what: `${title}: ${struck.length} moments (${kills} of ${wanted})`, moments: struck.map(told) };
    };
    yield await disturbed(context, { strike, line: /is asked for again|taken over from a process that was silent/ });
  }
  if (kills < wanted) yield { what: title, broken: [`only ${kills} of ${wanted} moments came`] };
}
