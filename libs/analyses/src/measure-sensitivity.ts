import { robustness } from '@fathom/contracts';
import type { NnlsEncoder } from '@fathom/dictionaries';
import { addNoise, checkImages, fitImages, type Network, type Preprocessing } from '@fathom/engines';
import { Prng } from '@fathom/exact';
import { columnMoments, SensitivityStatistic } from '@fathom/measures';
import type { Tensor } from '@fathom/tensors';
import { digestOf, openKind, requireSize, resolveRows } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { vector } from './measure-importance.js';
import { descriptionOf, preprocessingOf } from './model-description.js';
import { BATCH } from './tried-networks.js';
import { normaliseNoise } from './robustness-request.js';
import { indexOfPart, indexParts } from './row-parts.js';
import { imagesOf } from './stored-images.js';

type Request = robustness.StartMeasureSensitivityRequest;

/** Images of one part. Fixed, so that the order of sums never changes. */
const IMAGES_PER_PART = 16;

/** What a part leaves behind: its images, and means over them, strength by strength. */
interface PartMeans {
  readonly images: number;
  readonly raw: number[];
  readonly range: number[];
}

/** Sensitivity of every feature to Gaussian noise (docs/measures.md §7): perturb, extract, encode again. One part is 16 images. */
export const measureSensitivity: Job<Request> = {
  name: 'robustness.sensitivity',
  revision: 2,
  multiplies: true,
  determinism: 'ENGINE',
  codec: robustness.StartMeasureSensitivityRequest,
  normalise(request) {
    this.inputs(request);
    return { ...request, noise: normaliseNoise(request.noise) };
  },
  inputs: (request) => [
    digestOf('model', request.model),
    digestOf('images', request.images),
    digestOf('dictionary', request.dictionary),
    digestOf('codes', request.codes),
  ],
  async plan(request, context) {
    const { rows, penultimateWidth } = await prepare(request, context);
    const dictionary = await openKind(context.artifacts, 'dictionary', request.dictionary, 'dictionary');
    const [atoms = 0, width = 0] = dictionary.tensors['D']?.shape ?? [];
    requireSize('dictionary', 'channels', width, penultimateWidth);
    const codes = await openKind(context.artifacts, 'codes', request.codes, 'codes');
    requireSize('codes', 'features', codes.rows('z').columns, atoms);
    return indexParts('images', Math.ceil(rows.count / IMAGES_PER_PART));
  },
  async runPart(request, part, context) {
    const { model, images, penultimate, preprocessing, rows } = await prepare(request, context);
    const network = await context.networks.get(model, [penultimate]);
    const dictionary = await openKind(context.artifacts, 'dictionary', request.dictionary, 'dictionary');
    const atoms = dictionary.tensors['D']?.shape[0] ?? 0;
    const encoder = await context.encoder.get(dictionary, context.crew);
    const { sigmas, draws, seed } = request.noise!;
    const statistic = new SensitivityStatistic(sigmas.length, atoms);
    const start = indexOfPart(part) * IMAGES_PER_PART;
    const end = Math.min(rows.count, start + IMAGES_PER_PART);
    for (let image = start; image < end; image++) {
      const pixels = fitImages(await images.read(rows.first + image, rows.first + image + 1), 1, images, preprocessing);
      for (let strength = 0; strength < sigmas.length; strength++) {
        const source = new Prng(seed, `noise/${rows.first + image}/${strength}`);
        const how = { network, encoder, penultimate, preprocessing, context };
        const codes = await noisyCodes(pixels, sigmas[strength]!, draws, source, how);
        statistic.update({ strength, draws, images: 1, codes });
      }
    }
    const { rawPerStrength, rangePerStrength } = statistic.result(new Float64Array(atoms));
    return { images: end - start, raw: [...rawPerStrength], range: [...rangePerStrength] };
  },
  async finish(request, parts, { artifacts, crew, control }) {
    const codes = await openKind(artifacts, 'codes', request.codes, 'codes');
    const { variance } = await columnMoments(codes.rows('z'), await codes.range('z'), 24, crew, control);
    const strengths = request.noise!.sigmas.length;
    return {
      kind: 'sensitivity',
      attributes: { sigmas: request.noise!.sigmas, draws: request.noise!.draws },
      tensors: combine(parts as unknown as PartMeans[], strengths, variance),
    };
  },
};

async function prepare(request: Request, { artifacts }: JobContext) {
  const model = await openKind(artifacts, 'model', request.model, 'model');
  const images = imagesOf(await openKind(artifacts, 'images', request.images, 'images'));
  const description = descriptionOf(model);
  const preprocessing = preprocessingOf(description);
  checkImages(images, preprocessing);
  const { penultimate, penultimateWidth } = description;
  return { model, images, penultimate, penultimateWidth, preprocessing, rows: resolveRows('rows', request.rows, images.count) };
}

interface How {
  readonly network: Network;
  readonly encoder: NnlsEncoder;
  readonly penultimate: string;
  readonly preprocessing: Preprocessing;
  readonly context: JobContext;
}

/** Codes of `draws` noisy versions of one image, draws × k. The noise of a draw depends on seed, image, strength and draw alone. */
async function noisyCodes(pixels: Float32Array, sigma: number, draws: number, source: Prng, how: How): Promise<Float64Array> {
  const { network, encoder, penultimate, preprocessing, context } = how;
  const codes: Float64Array[] = [];
  for (let done = 0; done < draws; done += BATCH) {
    context.control.throwIfCancelled();
    const count = Math.min(BATCH, draws - done);
    const inputs = addNoise(copies(pixels, count), count, preprocessing, { sigma, source });
    const { data } = (await network.run(inputs, count)).get(penultimate)!;
    codes.push((await encoder.encode(Float64Array.from(data), count, context.crew, context.control)).codes);
  }
  return concatenate(codes);
}

/** The same image `count` times. */
function copies(pixels: Float32Array, count: number): Float32Array {
  const out = new Float32Array(pixels.length * count);
  for (let i = 0; i < count; i++) out.set(pixels, i * pixels.length);
  return out;
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function combine(parts: readonly PartMeans[], strengths: number, variance: Float64Array): Tensor[] {
  const k = variance.length;
  const images = parts.reduce((sum, part) => sum + part.images, 0);
  const overImages = (of: (part: PartMeans) => number[]): Float64Array =>
    Float64Array.from({ length: strengths * k }, (_, i) => parts.reduce((sum, part) => sum + of(part)[i]! * part.images, 0) / images);
  const overStrengths = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: k }, (_, j) => {
      let sum = 0;
      for (let s = 0; s < strengths; s++) sum += values[s * k + j]!;
      return sum / strengths;
    });
  const rawPerStrength = overImages((part) => part.raw);
  const raw = overStrengths(rawPerStrength);
  const relative = (value: number, j: number): number => (variance[j]! > 0 ? value / variance[j]! : 0);
  return [
    vector('sensitivity', raw.map(relative)),
    vector('raw', raw),
    vector('range', overStrengths(overImages((part) => part.range))),
    { name: 'by_sigma', dtype: 'F64', shape: [strengths, k], data: rawPerStrength.map((value, i) => relative(value, i % k)) },
  ];
}
