/** Real images, read by ranges. */
export interface ImageSource {
  /** What to call it in errors: the path it was opened from. */
  readonly name: string;
  /** Number of images n. */
  readonly count: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** 1 (gray) or 3 (RGB). */
  readonly channels: number;
  /** Names of the classes by index; empty where the images have no labels. */
  readonly classNames: readonly string[];
  /** Class index of every image; null where there are none. */
  readonly labels: Int32Array | null;
  /** Files that were left out because they cannot be read, by their path below the root, in order. */
  readonly skipped: readonly string[];
  /** The state of the files just before they were opened; fingerprintImageSet tells the present one. */
  readonly fingerprint: string;
  /**
   * Images start..end−1, (end − start) × height × width × channels, 0 to 255. The caller may not write to them.
   *
   * @throws InputError where there are no such images, or a file cannot be decoded (it is named)
   */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Frees what the source holds; it cannot be read any more. */
  close(): Promise<void>;
}
