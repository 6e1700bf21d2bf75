/** The rows of the table "beside the peers": sizes, what we run, what the peers run, and what is to be reached. */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ours, peer } from '../child.mjs';
import { inTurn, pairsOf } from '../in-turn.mjs';
import {
  complexityBytes,
  complexityOperations,
  gramOperations,
  integerOperations,
  NETWORK_OPERATIONS,
  nmfSweepOperations,
  total,
} from '../operations.mjs';
import { CACHE, PAPER, parseWidths, scaleData } from '../scale-data.mjs';

/** A tenth of the rows and about an eighth of the widths: for trying the machinery, not for figures. */
const SMALL = { rows: 2000, widths: parseWidths('32x3,64x4,128x6,256x3'), features: [1000, 100], seed: 1 };
const sizeOf = ({ quick }) => (quick ? SMALL : PAPER);

/** Largest and mean difference in R² (files of features × layers, float64), over the layers where both chose the same ridge strength. */
function differences(mine, theirs, files) {
  const values = (path) => {
    const bytes = readFileSync(path);
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  };
  const [a, b] = [values(files.ours), values(files.peer)];
  if (a.length !== b.length) throw new Error(`${a.length} values of R² of ours, ${b.length} of the peer's`);
  const isSame = mine.alpha.map((alpha, layer) => alpha === theirs.alpha[layer]);
  let [largest, sum, count] = [0, 0, 0];
  a.forEach((value, i) => {
    if (!isSame[i % isSame.length]) return;
    const difference = Math.abs(value - b[i]);
    largest = Math.max(largest, difference);
    sum += difference;
    count += 1;
  });
  return { largest, mean: sum / count, otherAlpha: isSame.filter((same) => !same).length };
}

async function complexityRow(at, name, script, options, peak) {
  const size = sizeOf(options);
  const features = size.features[at];
  const { store, activations, codes, layers } = await scaleData(size);
  const files = { ours: join(tmpdir(), `fathom-r2-${process.pid}-ours`), peer: join(tmpdir(), `fathom-r2-${process.pid}-peer`) };
  const mine = await ours('complexity.mjs', { store, activations, codes: codes[features], layers, r2: files.ours });
  const theirs = options.peers ? await peer('numpy', script, store, activations, codes[features], '--r2', files.peer) : undefined;
  const stages = [];
  for (const layer of new Map(size.widths.map((width, index) => [width, layers[index]])).values())
    stages.push(await ours('complexity-stages.mjs', { store, activations, codes: codes[features], layer, peak }));
  const counted = complexityOperations({ ...size, features });
  const difference = theirs && differences(mine, theirs, files);
  for (const file of Object.values(files)) rmSync(file, { force: true });
  return {
    size: `${size.widths.length} layers, n = ${size.rows}, k = ${features}`,
    operations: total(counted),
    counted,
    integerOperations: total(integerOperations(counted)),
    bytes: complexityBytes({ ...size, features }),
    ours: { ...mine, stages },
    peers: theirs ? [{ name, ...theirs, isVoid: theirs.shareOfPeak < 0.85, differenceInR2: difference }] : [],
  };
}

/** The first time at which one of a peer's curves of [seconds, loss] reaches a loss, and which curve does. */
function firstAt(curves, loss) {
  const found = Object.entries(curves).flatMap(([name, points]) => {
    const point = points.find((each) => each[1] <= loss);
    return point ? [{ name, seconds: point[0] }] : [];
  });
  return found.sort((a, b) => a.seconds - b.seconds)[0];
}

/** The least loss of a curve. */
const best = (points) => Math.min(...points.map(([, loss]) => loss));

/**
 * NMF to 1.001× the best loss that any method reaches from the start of docs/measures.md §1a (NNDSVD). From other starts the peers come
 * to other minima: those curves count for them where they reach the loss, and are told beside.
 */
async function nmfRow({ quick, peers }) {
  const size = quick ? { rows: 2000, columns: 256, atoms: 10 } : { rows: 20_000, columns: 2048, atoms: 50 };
  const data = await scaleData(sizeOf({ quick }));
  const tensor = data.layers.at(-1);
  const mine = (sweeps) => ours('nmf.mjs', { store: data.store, activations: data.activations, tensor, atoms: size.atoms, sweeps });
  const converged = await mine([quick ? 50 : 300]);
  const scripts = [
    ['scikit-learn NMF (cd)', 'numpy', 'sklearn_nmf.py'],
    ['overcomplete HALS', 'torch', 'overcomplete_nmf.py'],
  ];
  const found = [];
  for (const [name, environment, script] of peers ? scripts : []) {
    const runIt = (...choice) => peer(environment, script, data.store, data.activations, tensor, size.atoms, ...choice);
    const figures = await runIt();
    if (figures) found.push({ name, curves: figures.curves, runIt });
  }
  const sameStart = found.flatMap(({ curves }) =>
    Object.entries(curves).flatMap(([name, points]) => (name.startsWith('nndsvd,') ? [best(points)] : [])),
  );
  const wanted = 1.001 * Math.min(converged.curve[0][1], ...sameStart);
  const sweeps = await sweepsTo(wanted, converged, mine);
  const inTime = await inTurn(
    () => mine([sweeps]),
    found.map(({ name, curves, runIt }) => ({ name, run: async () => timeTo(wanted, curves, await runIt('--only', fastest(curves, wanted))) })),
    pairsOf({ quick }),
  );
  return {
    size: `${size.rows} × ${size.columns} → ${size.atoms}`,
    operations: sweeps * nmfSweepOperations(size),
    bytes: 4 * size.rows * size.columns * sweeps,
    loss: wanted,
    ...inTime,
    ours: { ...inTime.ours, sweeps },
  };
}

/** The curve that reaches a loss first; where none does, the longest. */
const fastest = (curves, loss) => firstAt(curves, loss)?.name ?? longest(curves)[0];
const longest = (curves) => Object.entries(curves).sort(([, a], [, b]) => b.at(-1)[0] - a.at(-1)[0])[0];

/** What a run of a peer's fastest curve tells, with the time to a loss, and how far all its curves come. */
function timeTo(loss, curves, { curves: chosen, ...figures }) {
  const reached = firstAt(chosen, loss);
  const notes = Object.entries(curves).map(
    ([name, points]) => `${name}: ${(best(points) / loss).toFixed(4)} of the loss wanted after ${points.at(-1)[0].toFixed(2)} s`,
  );
  if (!reached) notes.unshift('the loss wanted is not reached: the time is that of the longest curve');
  return { ...figures, seconds: reached?.seconds ?? longest(chosen)[1].at(-1)[0], reached: reached !== undefined, curves, notes };
}

/** The fewest sweeps of ours that reach a loss, by halving. */
async function sweepsTo(wanted, converged, mine) {
  let [below, enough] = [0, converged.curve[0][2]];
  while (enough - below > 1) {
    const middle = Math.floor((below + enough) / 2);
    if ((await mine([middle])).curve[0][1] <= wanted) enough = middle;
    else below = middle;
  }
  return enough;
}

/** Codes, all methods at a KKT residual of at most KKT; ours and SciPy's are exact to rounding. */
async function nnlsRow({ quick, peers }) {
  const KKT = 1e-3;
  const size = quick ? { rows: 200, widths: [256], atoms: 1000, seed: 1 } : { rows: 2000, widths: [2048], atoms: 10_000, seed: 1 };
  const { store, activations, dictionary, layers } = await scaleData(size);
  const mine = await ours('nnls.mjs', { store, activations, dictionary });
  const found = [];
  if (peers) {
    const rows = quick ? 4 : 16;
    const scipy = await peer('numpy', 'scipy_nnls.py', store, activations, layers[0], dictionary, '--rows', rows, '--of', size.rows);
    if (scipy)
      found.push({
        name: 'SciPy nnls',
        ...scipy,
        notes: [`measured on ${rows} rows, scaled to ${size.rows}; KKT residual ${scipy.kkt.toExponential(1)}`],
      });
    const time = ['--rows', size.rows, '--batch', Math.min(200, size.rows), '--most-seconds', quick ? 10 : 300];
    const hals = await peer('torch', 'overcomplete_encode.py', store, activations, layers[0], dictionary, KKT, ...time);
    if (hals) {
      const end = hals.reached ? 'reached' : `not reached in ${hals.curve.at(-1)[0].toFixed(0)} s: the time is a lower bound`;
      found.push({
        name: 'overcomplete encode',
        ...hals,
        notes: [`one batch of ${hals.batchRows} rows, scaled; KKT residual ${hals.kkt.toExponential(1)}, ${KKT} ${end}`],
      });
    }
  }
  const [d, k] = [size.widths[0], size.atoms];
  return {
    size: `${d} → ${k} for ${size.rows} rows`,
    // Products of rows and of atoms with atoms; the searches depend on the codes.
    operations: 2 * size.rows * d * k + k * (k + 1) * d,
    bytes: 4 * (size.rows + k) * d + 4 * size.rows * k,
    ours: mine,
    peers: found,
  };
}

async function activationsRow({ quick, peers }) {
  const count = quick ? 1000 : 10_000;
  const store = join(CACHE, 'activations/store');
  let mine; // the last measurement: the peer reads its images, and is compared with it
  const run = async () => {
    const theirs = await peer(
      'torch',
      'torch_activations.py',
      store,
      mine.images,
      mine.checkpoint,
      '--count',
      count,
      '--activations',
      mine.activations,
    );
    if (theirs === undefined) return undefined;
    const note = `${theirs.torch}, ${theirs.way}; activations differ by ${theirs.differenceOfColumnMaximum.toExponential(1)} of a column’s maximum at most`;
    return { ...theirs, notes: [note] };
  };
  return {
    size: `${count} images`,
    operations: count * NETWORK_OPERATIONS,
    bytes: count * 28 * 28,
    ...(await inTurn(
      async () => (mine = await ours('activations.mjs', { store, count })),
      peers ? [{ name: 'PyTorch', run }] : [],
      pairsOf({ quick }),
    )),
  };
}

async function gramRow({ quick, peers }) {
  const size = quick ? { rows: 2048, columns: 256 } : { rows: 16_384, columns: 2048 };
  const run = () => peer('numpy', 'numpy_gram.py', size.rows, size.columns);
  return {
    size: `${size.rows} × ${size.columns}`,
    operations: gramOperations(size),
    integerOperations: 4 * gramOperations(size),
    bytes: 4 * size.rows * size.columns,
    ...(await inTurn(() => ours('gram.mjs', size), peers ? [{ name: 'NumPy float64', run }] : [], pairsOf({ quick }))),
  };
}

export const ROWS = {
  K: {
    title: 'K of every feature',
    wanted: 'peer’s speed and 120 s; at the least 0.7× and 180 s, 3 GB',
    run: (options, peak) => complexityRow(0, 'NumPy float64', 'numpy_complexity.py', options, peak),
  },
  'K-sklearn': {
    title: 'K of 1,000 features',
    wanted: '5×',
    run: (options, peak) => complexityRow(1, 'scikit-learn Ridge', 'sklearn_complexity.py', options, peak),
  },
  nmf: { title: 'NMF', wanted: '3× scikit-learn, 1.5× overcomplete', run: nmfRow },
  nnls: { title: 'NNLS codes', wanted: '20× SciPy, 2× overcomplete', run: nnlsRow },
  activations: { title: 'activations of the demo’s network', wanted: '1×', run: activationsRow },
  gram: { title: 'Gram matrix', wanted: '1.5×', run: gramRow },
};
