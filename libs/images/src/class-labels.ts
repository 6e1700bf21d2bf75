import { InputError } from '@fathom/errors';

/** Class indices of images, checked, with a name for every class. */
export interface ClassLabels {
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
}

const MOST_CLASSES = 1_000_000;

/**
 * Checks labels against the images they belong to.
 *
 * @param file what holds the labels, for errors
 * @param values one per image; undefined where there are none
 * @param names of the classes; @default their indices
 * @throws InputError where there are more or fewer labels than images, one is no class index, or one has no name
 */
export function classLabels(file: string, values: ArrayLike<number> | undefined, images: number, names?: readonly string[]): ClassLabels {
  if (values === undefined) return { labels: null, classNames: names ?? [] };
  if (values.length !== images) {
    throw new InputError({ field: file, problem: 'not as many labels as images', value: values.length, accepted: `${images} labels, one per image` });
  }
  const most = names?.length ?? MOST_CLASSES;
  const labels = new Int32Array(images);
  let highest = -1;
  for (let i = 0; i < images; i += 1) {
    const label = values[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= most) {
      const accepted = `an integer from 0 to ${most - 1}${names === undefined ? '' : ', one per class name'}`;
      throw new InputError({ field: file, problem: `label ${i} is no class index`, value: label, accepted });
    }
    labels[i] = label;
    highest = Math.max(highest, label);
  }
  return { labels, classNames: names ?? Array.from({ length: highest + 1 }, (_, index) => String(index)) };
}
