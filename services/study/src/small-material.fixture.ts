import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { activation, type study } from '@fathom/contracts';
import type { FathomClients } from './fathom-clients.fixture.js';

/** The networks and images that come with Fathom. */
export const FASHION = resolve(__dirname, '../../../models/fashion');

export const TEST_IMAGES = 300;
export const TRAIN_IMAGES = 200;

const NETWORKS = ['epoch-00', 'epoch-05', 'epoch-15'];

/** How the networks' images are read. */
export const PREPROCESSING: activation.Preprocessing = {
  width: 28,
  height: 28,
  channelOrder: activation.ChannelOrder.GRAY,
  scale: 1 / 255,
  mean: [0.286],
  standardDeviation: [0.353],
};

/** Path of a network of FASHION. */
export function networkPath(name: string): string {
  return join(FASHION, 'checkpoints', `${name}.onnx`);
}

/** Paths of images and labels. */
export interface IdxPaths {
  readonly images: string;
  readonly labels: string;
}

/** Writes the first few test and training images into a folder, as IDX files. */
export function cutImages(folder: string): { test: IdxPaths; train: IdxPaths } {
  mkdirSync(folder, { recursive: true });
  const cut = (from: string, count: number): IdxPaths => {
    const paths = { images: join(folder, `${from}-images`), labels: join(folder, `${from}-labels`) };
    writeFileSync(paths.images, firstOf(`${from}-images-idx3-ubyte.gz`, count, 16, 28 * 28));
    writeFileSync(paths.labels, firstOf(`${from}-labels-idx1-ubyte.gz`, count, 8, 1));
    return paths;
  };
  return { test: cut('t10k', TEST_IMAGES), train: cut('train6k', TRAIN_IMAGES) };
}

function firstOf(file: string, count: number, header: number, size: number): Buffer {
  const cut = Buffer.from(gunzipSync(readFileSync(join(FASHION, 'images', file))).subarray(0, header + count * size));
  cut.writeUInt32BE(count, 4);
  return cut;
}

/** Registers networks and images, and returns a study of three checkpoints that ends in seconds. */
export async function smallStudy(folder: string, clients: FathomClients): Promise<study.StudySpec> {
  const paths = cutImages(folder);
  const checkpoints: study.StudyNetwork[] = [];
  for (const name of NETWORKS) {
    const { model } = await clients.activation.registerModel({ path: networkPath(name), name, preprocessing: PREPROCESSING, taps: [] });
    checkpoints.push({ name, model, epoch: Number(name.slice(-2)) });
  }
  const images = async (name: string, { images: imagesPath, labels: labelsPath }: IdxPaths): Promise<study.StudyImages> => {
    const source = { $case: 'idx' as const, value: { imagesPath, labelsPath, classNames: [] } };
    const { operation } = await clients.activation.startRegisterImages({ name, source });
    return { images: (await clients.ended('activation', operation)).result, rows: undefined };
  };
  return {
    name: 'small',
    checkpoints,
    controls: [checkpoints[0]!],
    test: await images('test', paths.test),
    train: await images('train', paths.train),
    atomsPerClass: 5,
    seed: 1,
    probe: undefined,
    noise: { sigmas: [], draws: 4, seed: 1 },
    noiseImages: 6,
    masking: undefined,
    relations: { bootstrapDraws: 100, permutationDraws: 100, seed: 1 },
  };
}
