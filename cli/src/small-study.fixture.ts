import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run-fathom.fixture.js';

export const MATERIAL = join(ROOT, 'models/fashion');

/** A network of the demo's material in a study file. */
export const network = (name: string, epoch: number) => ({ name, path: join(MATERIAL, 'checkpoints', `${name}.onnx`), epoch });

/** A study of a few images that takes seconds. */
export function smallStudy(): Record<string, unknown> {
  const { preprocessing, classes, images } = JSON.parse(readFileSync(join(MATERIAL, 'fashion.json'), 'utf8')) as {
    preprocessing: Record<string, unknown>;
    classes: string[];
    images: Record<'test' | 'train', { images: { file: string }; labels: { file: string } }>;
  };
  const { width, height, channelOrder, scale, mean, standardDeviation } = preprocessing;
  const idx = (role: 'test' | 'train') => ({ images: join(MATERIAL, images[role].images.file), labels: join(MATERIAL, images[role].labels.file) });
  return {
    name: 'small',
    preprocessing: { width, height, channelOrder, scale, mean, standardDeviation },
    checkpoints: [network('epoch-00', 0), network('epoch-05', 5), network('epoch-15', 15)],
    controls: [network('epoch-00', 0)],
    classNames: classes,
    test: { idx: idx('test'), count: 300 },
    train: { idx: idx('train'), count: 200 },
    atomsPerClass: 2,
    noise: { images: 10, draws: 3 },
  };
}

/** The same with one network and fewer images: about half of the time. */
export function tinyStudy(): Record<string, unknown> {
  const small = smallStudy();
  return {
    ...small,
    name: 'tiny',
    checkpoints: [network('epoch-15', 15)],
    controls: [],
    test: { ...(small['test'] as object), count: 150 },
    train: { ...(small['train'] as object), count: 100 },
    noise: { images: 4, draws: 2 },
  };
}

/** Writes a study file and returns its path. */
export function writeStudy(folder: string, study: unknown, name = 'study.json'): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(study));
  return path;
}

/** Every file below a folder with its size and time of change, so that two states can be compared. */
export function filesOf(folder: string, below = ''): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) filesOf(folder, path).forEach((facts, inner) => files.set(inner, facts));
    else {
      const { size, mtimeMs } = statSync(join(folder, path));
      files.set(path, `${size} bytes, ${mtimeMs}`);
    }
  }
  return files;
}
