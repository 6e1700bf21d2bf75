import type { ReportCheckpoint, ReportData, ReportFeature, ReportFlow, ReportRelation } from './report-data.js';
import { thumbnailSheets } from '../thumbnail-sheets.js';

/** Ten shapes, so that a page can be looked at without a study: made-up numbers, the same every time. */
const CLASSES = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];
const LAYERS = ['block1', 'block2', 'block3', 'block4', 'block5', 'block6', 'block7', 'block8', 'pooled'];
const EPOCHS = [0, 1, 2, 3, 5, 8, 13, 21];
const SIDE = 28;
const PICTURES = 300;

/** Deterministic data of a study that never was. */
export function reportFixture(size: { features?: number } = {}): ReportData {
  const k = size.features ?? 100;
  const features = Array.from({ length: k }, (_, j) => feature(j, k));
  const dead = features.filter((f) => f.dead).length;
  return {
    title: 'What a small residual network sees in clothes',
    model: { name: 'fashion-resnet20', digest: digest(1), parameters: 272_186, accuracy: 0.9254 },
    data: {
      name: 'Fashion-MNIST',
      classes: CLASSES,
      sets: [
        { role: 'scores', images: 2000, digest: digest(2) },
        { role: 'the dictionary', images: 1000, digest: digest(3) },
        { role: 'noise', images: 100, digest: digest(4) },
      ],
    },
    study: {
      digest: digest(5),
      artifacts: [
        { name: 'codes', digest: digest(6) },
        { name: 'complexity', digest: digest(7) },
      ],
      engine: 'onnxruntime 1.30.0 (cpu)',
      codeVersion: '0.1.0',
      dictionary: 'class-wise non-negative matrix factorisation, 10 atoms per class',
      verify: ['npm ci', `npx fathom study verify ${digest(5).slice(7, 19)}`],
      reduced: [
        '2,000 of 10,000 test images are scored.',
        '1,000 of 6,000 training images make the dictionary.',
        'Sensitivity is measured on 100 images with 20 draws of noise instead of 100.',
      ],
    },
    layers: LAYERS,
    features,
    nullMean: LAYERS.map((_, l) => -0.004 - 0.0004 * l),
    null95: LAYERS.map((_, l) => 0.011 + 0.002 * l),
    alpha: LAYERS.map((_, l) => (l < 4 ? 0.001 : 0.01)),
    checkpoints: EPOCHS.map(checkpoint),
    flow: LAYERS.slice(0, 8).flatMap((block, b) => [flow(block, b, 'simplest'), flow(block, b, 'mostComplex')]),
    relations: relations(),
    ablation: {
      measure: 'accuracy',
      base: 0.9254,
      shares: Array.from({ length: 11 }, (_, i) => i / 10),
      curves: [curve('most_complex_first', 1.6), curve('simplest_first', 0.8), curve('most_important_first', 0.45), curve('random', 1.1)],
    },
    faithfulness: { predictionAgreement: 0.971, reconstructionR2: 0.913, deadAtoms: dead, sparsity: 0.78 },
    thumbnails: thumbnailSheets({ data: pictures(), tiles: PICTURES, height: SIDE, width: SIDE, channels: 1 }),
  };
}

function feature(j: number, k: number): ReportFeature {
  const group = CLASSES[Math.floor((j * CLASSES.length) / k)] ?? 'Bag';
  const dead = j === 17 || j === 63;
  const hard = noise(j, 1);
  const r2 = LAYERS.map((_, l) => (dead ? 0 : unit((0.98 - 0.25 * hard) * rise((l + 1) / 9, hard * 0.85) + 0.02 * (noise(j, 20 + l) - 0.5))));
  const late = unit(0.15 + 0.55 * hard + 0.35 * (noise(j, 2) - 0.5));
  const r2Training = EPOCHS.map((_, e) => (e === 7 ? (r2[8] ?? 0) : dead ? 0 : unit((r2[8] ?? 0) * rise((e + 0.6) / 8, late * 0.8))));
  const variance = dead ? 0 : 0.02 + 1.6 * noise(j, 3) ** 3;
  const importance = dead ? 0 : (0.05 + 1.2 * Math.sqrt(variance) * (1.1 - 0.5 * hard)) * (0.5 + noise(j, 4));
  const one = (values: readonly number[]): number => 1 - mean(values);
  return {
    index: j,
    label: `${group} · ${(j % Math.max(1, Math.round(k / CLASSES.length))) + 1}`,
    group,
    dead,
    kStd: one(r2),
    kStdSe: dead ? 0 : 0.004 + 0.03 * noise(j, 5) * hard,
    kRaw: one(r2.map((r) => r * variance)),
    kPublished: one(r2.map((r) => Math.min(1, r + 0.02) * variance)),
    depthHalf: dead ? 9 : 0.4 + 7 * hard * hard,
    r2,
    r2Training,
    lambda: one(r2Training),
    lambdaRaw: one(r2Training.map((r) => r * variance)),
    kStdUnshared: one(r2.slice(0, -1)),
    lambdaUnshared: one(r2Training.slice(0, -1)),
    importance,
    importanceSigned: importance * (noise(j, 6) < 0.8 ? 0.9 : -0.4),
    prevalence: dead ? 1 : 0.05 + 0.6 * noise(j, 7),
    variance,
    redundancy: dead ? 0 : unit(0.85 - 0.3 * hard + 0.2 * (noise(j, 8) - 0.5)),
    sensitivity: dead ? 0 : 0.003 * (1 + 12 * hard) * (0.4 + noise(j, 9)) ** 2,
    hoyer: 0.3 + 0.5 * noise(j, 10),
    topImages: Array.from({ length: 9 }, (_, i) => {
      const tile = (Math.floor((j * 10) / k) * 30 + Math.floor(noise(j, 40 + i) * (hard > 0.7 ? 90 : 30))) % PICTURES;
      return { image: tile * 6 + 1, code: 3 - 0.2 * i, label: Math.floor(tile / 30), tile };
    }),
  };
}

function checkpoint(epoch: number, e: number): ReportCheckpoint {
  const t = e / (EPOCHS.length - 1);
  return {
    name: `epoch ${epoch}`,
    epoch,
    accuracy: e === 0 ? 0.1012 : 0.82 + 0.105 * Math.sqrt(t),
    meanK: 0.31 + 0.14 * Math.sqrt(t),
    meanKTop: 0.34 + 0.12 * Math.sqrt(t) * (1 - 0.6 * t),
    topCount: 10,
    importanceRhoStd: 0.04 - 0.3 * t,
    importanceRhoRaw: -0.35 - 0.35 * t,
  };
}

function flow(block: string, b: number, group: ReportFlow['group']): ReportFlow {
  const depth = (b + 1) / 8;
  const shortcut = group === 'simplest' ? 0.72 + 0.24 * rise(depth, 0.2) : 0.06 + 0.5 * depth * depth;
  const main = group === 'simplest' ? 0.6 - 0.15 * depth : 0.05 + 0.55 * depth * depth;
  return { block, group, features: 10, r2Shortcut: shortcut, r2Main: main, ckaShortcut: shortcut * 0.4, ckaMain: main * 0.35 };
}

function relations(): ReportRelation[] {
  const table: [ReportRelation['other'], number, number, ReportRelation['paperSign']][] = [
    ['importance', -0.27, -0.71, '-'],
    ['importance_abs_signed', -0.22, -0.66, null],
    ['redundancy', -0.46, -0.21, '-'],
    ['sensitivity', 0.58, 0.12, '+'],
    ['hoyer', 0.03, -0.08, '0'],
    ['lambda', 0.61, 0.4, '+'],
    ['lambda_unshared', 0.49, 0.33, '+'],
  ];
  return (['k_std', 'k_raw'] as const).flatMap((measure) =>
    table
      .filter(([other]) => measure === 'k_std' || other !== 'lambda_unshared')
      .map(([other, std, raw, paperSign], i) => {
        const rho = measure === 'k_std' ? std : raw;
        const estimate = (value: number) => ({
          rho: value,
          low: Math.max(-1, value - 0.17),
          high: Math.min(1, value + 0.16),
          p: Math.abs(value) > 0.3 ? 0.0001 : Math.abs(value) > 0.2 ? 0.0062 : 0.612,
        });
        const control = other.startsWith('lambda')
          ? []
          : [0, 1, 2].map((seed) => ({ ...estimate(rho * 0.3 + 0.3 * (noise(i, 70 + seed) - 0.5)), network: `untrained, seed ${seed + 1}` }));
        return { measure, other, ...estimate(rho), partial: rho * 0.7, control, paperSign };
      }),
  );
}

function curve(order: 'most_complex_first' | 'simplest_first' | 'most_important_first' | 'random', hold: number) {
  const fall = (top: number, floor: number) => Array.from({ length: 11 }, (_, i) => floor + (top - floor) * (1 - (i / 10) ** (1.5 * hold)));
  return { order, kept: fall(0.9254, 0.42), dropped: fall(0.902, 0.1) };
}

/** Grey shapes on black: a body whose outline depends on the class, with a texture of its own. */
function pictures(): Uint8Array {
  const data = new Uint8Array(PICTURES * SIDE * SIDE);
  for (let t = 0; t < PICTURES; t++) {
    const kind = Math.floor(t / 30);
    const [wide, tall, hole] = [
      4 + ((kind * 7) % 8) + 3 * noise(t, 90),
      6 + ((kind * 3) % 6) + 3 * noise(t, 91),
      kind === 1 ? 3 : kind === 8 ? -1 : 0,
    ];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const [dx, dy] = [Math.abs(x - 13.5), Math.abs(y - 13.5)];
        const inside = dx < wide - (kind % 3) * (y / 14) && dy < tall && !(hole > 0 && dx < hole && y > 8);
        const stripe = kind % 4 === 0 && y % 4 < 2 ? 40 : 0;
        data[t * SIDE * SIDE + y * SIDE + x] = inside ? 110 + Math.floor(100 * noise(t, 92)) + stripe - Math.floor(30 * noise(x + 31 * y, t)) : 0;
      }
    }
  }
  return data;
}

const unit = (value: number): number => Math.min(1, Math.max(0, value));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A smooth step from 0 to 1 around `at`, without powers of e. */
function rise(x: number, at: number): number {
  const t = unit((x - at + 0.35) / 0.7);
  return t * t * (3 - 2 * t);
}

function digest(seed: number): string {
  return `sha256:${Array.from({ length: 8 }, (_, i) =>
    hash(seed * 101 + i)
      .toString(16)
      .padStart(8, '0'),
  ).join('')}`;
}

function noise(a: number, b: number): number {
  return hash(hash(a + 1) + b * 7919) / 4_294_967_296;
}

/** MurmurHash3's finaliser. */
function hash(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
