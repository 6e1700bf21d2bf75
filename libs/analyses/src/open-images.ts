import { openImageSet, type ImageLimits, type ImageSetDescription, type ImageSource } from '@fathom/images';

/** How long an image set that nobody reads stays open, in milliseconds. */
const IDLE_MS = 10_000;

interface Kept {
  readonly key: string;
  readonly source: ImageSource;
  readonly timer: NodeJS.Timeout;
}

/**
 * The image set that this thread read last. Opening one may mean to decode every image of a folder, or to unpack a whole file, so the
 * parts of a registration share it.
 */
let kept: Kept | undefined;

/**
 * Lends the image set of a description to `use`. It stays open for the next one with the same key, unless `use` fails.
 *
 * @param key what the description and one state of its files are known by
 */
export async function withImages<T>(
  key: string,
  description: ImageSetDescription,
  limits: ImageLimits,
  use: (source: ImageSource) => T | Promise<T>,
): Promise<T> {
  const source = take(key) ?? (await openImageSet(description, limits));
  try {
    const result = await use(source);
    await closeImages();
    kept = { key, source, timer: setTimeout(() => void closeImages().catch(() => undefined), IDLE_MS).unref() };
    return result;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Closes the image set that is kept open, if there is one. */
export async function closeImages(): Promise<void> {
  const source = kept === undefined ? undefined : take(kept.key);
  await source?.close();
}

/** What is lent is not kept: nobody else can close it. */
function take(key: string): ImageSource | undefined {
  if (kept?.key !== key) return undefined;
  const { source, timer } = kept;
  clearTimeout(timer);
  kept = undefined;
  return source;
}
