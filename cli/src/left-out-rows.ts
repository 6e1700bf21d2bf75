import { ArtifactStore } from '@fathom/artifacts';
import { openStore, type StoreConfig } from '@fathom/store';
import { openStudy } from './study-scores.js';

/** Which images a study left out of those that it was given, in sentences for the report; none where it used all. */
export async function leftOutRows(store: StoreConfig, digest: string): Promise<string[]> {
  const artifacts = new ArtifactStore(openStore(store));
  const { spec } = await openStudy(artifacts, digest);
  const sentences: string[] = [];
  for (const [what, { images, rows }] of [
    ['Scores rest', spec.test!],
    ['Dictionaries rest', spec.train!],
  ] as const) {
    const { tensors, attributes } = await artifacts.open(images!.contentDigest);
    const { name, skipped } = attributes as { name: string; skipped: number };
    if (skipped > 0) sentences.push(`Images of "${name}" that could not be read and were left out: ${skipped}.`);
    const all = tensors['images']?.shape[0] ?? 0;
    const first = rows?.first ?? 0;
    const used = rows?.count ? rows.count : all - first;
    if (used < all) sentences.push(`${what} on ${used} of ${all} images, from image ${first} on.`);
  }
  return sentences;
}
