import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FathomError } from '@fathom/errors';
import { checkStudyFile, type StudyFile } from './study-file.js';

/** How much of the demo's material is used. */
export interface DemoSize {
  readonly testImages: number;
  readonly trainImages: number;
  readonly noiseImages: number;
  readonly draws: number;
  /** Untrained networks that relations are computed again on, 1 to 3. */
  readonly controls: number;
}

/** The size that ends in about a minute, and the full one. */
export const DEMO_SIZES = {
  quick: { testImages: 2000, trainImages: 1000, noiseImages: 100, draws: 20, controls: 1 },
  full: { testImages: 10_000, trainImages: 6000, noiseImages: 2000, draws: 100, controls: 1 },
} as const satisfies Readonly<Record<string, DemoSize>>;

interface FashionCard {
  readonly preprocessing: Record<string, unknown>;
  readonly checkpoints: readonly { file: string; epoch: number }[];
  readonly controls: readonly string[];
  readonly classes: readonly string[];
  readonly images: Readonly<Record<'test' | 'train', { images: { file: string }; labels: { file: string } }>>;
}

/** The demo: a residual network over its training on Fashion-MNIST, as models/fashion describes it. */
export async function demoStudy(folder: string, size: DemoSize): Promise<StudyFile> {
  const card = await readCard(join(folder, 'fashion.json'));
  const { channelOrder, width, height, scale, mean, standardDeviation } = card.preprocessing;
  const named = (file: string): string => file.replace(/^.*\//, '').replace(/\.onnx$/, '');
  const images = (role: 'test' | 'train', count: number) => ({
    name: `fashion ${role}`,
    idx: { images: card.images[role].images.file, labels: card.images[role].labels.file },
    count,
  });
  const study = {
    name: 'fashion',
    preprocessing: { channelOrder, width, height, scale, mean, standardDeviation },
    checkpoints: card.checkpoints.map(({ file, epoch }) => ({ name: named(file), path: file, epoch })),
    controls: card.controls.slice(0, size.controls).map((file) => ({ name: named(file), path: file, epoch: 0 })),
    classNames: card.classes,
    test: images('test', size.testImages),
    train: images('train', size.trainImages),
    noise: { images: size.noiseImages, draws: size.draws },
  };
  return checkStudyFile(study, folder);
}

/** What a size leaves out, in sentences for the report; none for the full size with all controls. */
export function reductions(size: DemoSize): string[] {
  const { full } = DEMO_SIZES;
  const less = (used: number, all: number, sentence: string): string[] => (used < all ? [sentence] : []);
  const count = (value: number): string => value.toLocaleString('en-US');
  return [
    ...less(size.testImages, full.testImages, `Scores rest on the first ${count(size.testImages)} of ${count(full.testImages)} test images.`),
    ...less(
      size.trainImages,
      full.trainImages,
      `Dictionaries were fitted to the first ${count(size.trainImages)} of the ${count(full.trainImages)} training images that come with the demo.`,
    ),
    ...less(
      size.noiseImages * size.draws,
      full.noiseImages * full.draws,
      `Sensitivity rests on ${count(size.noiseImages)} images with ${size.draws} draws of noise each, instead of ${count(full.noiseImages)} with ${full.draws}.`,
    ),
    ...less(size.controls, 3, `${size.controls === 1 ? 'One untrained network' : 'Two untrained networks'} served as control, instead of three.`),
  ];
}

async function readCard(path: string): Promise<FashionCard> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as FashionCard;
  } catch (cause) {
    throw new FathomError('NOT_FOUND', `the demo's material is not there: ${path} cannot be read`, { cause, metadata: { path } });
  }
}
