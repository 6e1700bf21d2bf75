/**
 * One layer's probe, task by task: seconds that hands were busy with each kind of task, and the share of the integer peak meanwhile.
 * Usage: node complexity-stages.mjs '{"store":…,"activations":…,"codes":…,"layer":…,"folds":5,"peak":OPERATIONS_A_SECOND}'
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { complexityOperations, integerOperations } from '../operations.mjs';
import { report, timed } from '../run-job.mjs';

const require = createRequire(import.meta.url);
const { ArtifactStore } = require('@fathom/artifacts');
const { codesToProbe, probeLayer } = require('@fathom/measures');
const { threadCrew } = require('@fathom/operations');
const { openStore } = require('@fathom/store');
const { store, activations, codes, layer, peak } = JSON.parse(process.argv[2]);

/** What the tasks of a probe do. */
const STAGES = {
  cutColumns: 'reading and cutting',
  multiplyTiles: 'sums',
  chosenTargets: 'gathering',
  trainingGram: 'choosing α',
  foldTest: 'choosing α',
  gramSolver: 'choosing α',
  foldSystem: 'factors',
  probeErrors: 'solves and scoring',
};
/** Fold 0 chooses the strength, and solves for it. */
const stageOf = ({ name }, { systems }) => (name === 'probeErrors' && systems[0].fold === 0 ? 'choosing α' : (STAGES[name] ?? name));
/** Which of the counted operations a stage does. */
const COUNTED = { sums: ['gram', 'cross'], 'solves and scoring': ['solves', 'scoring'] };

/** A crew that gives its hands no more tasks than they can do at once, so that a task's time is the time of a hand. */
function timedCrew(crew) {
  const busy = new Map();
  const waiting = [];
  let free = crew.hands;
  const run = async (task, input) => {
    if (free === 0) await new Promise((go) => waiting.push(go));
    else free -= 1;
    const { seconds, result } = await timed(() => crew.run(task, input)).finally(() => {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    });
    const stage = stageOf(task, input);
    busy.set(stage, (busy.get(stage) ?? 0) + seconds);
    return result;
  };
  return { busy, crew: { hands: crew.hands, engine: crew.engine, run } };
}

const artifacts = new ArtifactStore(openStore({ location: store }));
const x = await artifacts.open(activations);
const z = await artifacts.open(codes);
const hands = await threadCrew({ hands: availableParallelism(), engine: 'onnxruntime' });
const { busy, crew } = timedCrew(hands);
const rows = x.rows(layer);
const options = { inSample: false };
const { seconds } = await timed(async () => {
  const targets = await codesToProbe(z.rows('z'), await z.range('z'), options, rows.columns, crew);
  return probeLayer(rows, await x.range(layer), targets, options, crew);
});
await hands.close();

const size = { rows: rows.rows, widths: [rows.columns], features: z.rows('z').columns };
// What chooses a strength is a stage of its own: the others are counted without it.
const operations = integerOperations(complexityOperations({ ...size, alphas: 0 }));
const stages = [...busy].map(([stage, handSeconds]) => {
  const integer = (COUNTED[stage] ?? []).reduce((sum, name) => sum + operations[name], 0);
  return { stage, seconds: handSeconds / crew.hands, integerOperations: integer, shareOfPeak: integer / (handSeconds / crew.hands) / peak };
});
report({ seconds, layer, channels: rows.columns, stages });
