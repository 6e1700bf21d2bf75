import type { Artifact } from '@fathom/artifacts';

/** An image set as it is kept in the store. */
export interface StoredImages {
  readonly artifact: Artifact;
  readonly count: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  readonly channels: number;
  readonly classNames: readonly string[];
  /** Images start..end−1: (end − start) × height × width × channels, 0 to 255. */
  read(start: number, end: number): Promise<Float32Array>;
  /** Their labels, or undefined where the set has none. */
  labels(start: number, end: number): Promise<Int32Array | undefined>;
}

/** Reads an "images" artifact. */
export function imagesOf(artifact: Artifact): StoredImages {
  const [count = 0, height = 0, width = 0, channels = 0] = artifact.tensors['images']?.shape ?? [];
  const images = artifact.rows('images');
  const labels = 'labels' in artifact.tensors ? artifact.rows('labels') : undefined;
  const { class_names: classNames } = artifact.attributes as { class_names: string[] };
  return {
    artifact,
    count,
    height,
    width,
    channels,
    classNames,
    read: async (start, end) => {
      const pixels = new Float32Array((end - start) * images.columns);
      await images.readInto(start, end, pixels);
      return pixels;
    },
    labels: async (start, end) => (labels ? new Int32Array(await labels.read(start, end)) : undefined),
  };
}
