/** Two replicas of every service, and the same study asked of both at the same instant, again and again. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openHouse } from './house.mjs';
import { smallStudy, studied } from './small-study.mjs';
import { verdict } from './verdict.mjs';

/** How often each study is asked for at once, of each replica. */
const CALLERS = 4;

/** The first study is the undisturbed one; each other has dictionaries of its own. */
const studyOf = (spec, round) => ({ ...spec, seed: spec.seed + round });

/** The digests of the studies, from one replica that nobody else asks. */
async function expected(folder, rounds) {
  const house = await openHouse({ folder });
  try {
    const spec = await smallStudy(house);
    const digests = [];
    for (let round = 1; round < rounds; round += 1) digests.push((await studied(house, studyOf(spec, round))).digest);
    return digests;
  } finally {
    await house.end();
  }
}

/** Operations that both replicas, or one of them twice, have computed to the end. A replica may find the end of one that it takes over. */
function endedTwice(house) {
  const ends = new Map();
  for (const { msg, operation, job, parts, reused } of house.log())
    if (msg === 'operation ended' && parts > reused) ends.set(`${job} ${operation}`, (ends.get(`${job} ${operation}`) ?? 0) + 1);
  return [...ends].filter(([, count]) => count > 1).map(([name]) => name);
}

export async function* run({ folder, undisturbed, isShort }) {
  const rounds = isShort ? 1 : 5;
  const own = join(folder, 'house');
  rmSync(own, { recursive: true, force: true });
  const digests = [undisturbed.digest, ...(rounds > 1 ? await expected(own, rounds) : [])];
  const house = await openHouse({ folder: own, replicas: 2 });
  try {
    const spec = await smallStudy(house);
    const begun = performance.now();
    const all = [];
    for (let round = 0; round < rounds; round += 1) {
      const callers = Array.from({ length: 2 * CALLERS }, (_, index) => studied(house, studyOf(spec, round), { replica: index % 2 }));
      all.push(await Promise.all(callers));
    }
    const seconds = (performance.now() - begun) / 1_000;
    const found = await verdict(house, all[0][0], undisturbed, /operation ended \(study\.run\)/, { alone: false });
    const others = all.flatMap((answers, round) => answers.filter(({ digest }) => digest !== digests[round]));
    if (others.length > 0) found.broken.push(`${others.length} callers were given other digests`);
    const twice = endedTwice(house);
    if (twice.length > 0) found.broken.push(`operations ran twice: ${twice.join(', ')}`);
    const what = `two replicas of each service race: ${rounds} studies, each asked for ${2 * CALLERS} times at once`;
    yield { ...found, seconds, what };
  } finally {
    await house.end();
  }
}
