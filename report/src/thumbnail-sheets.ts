import { InputError } from '@fathom/errors';
import { encodePng } from './png.js';
import type { ReportThumbnails } from './data/report-data.js';

/** Pictures of one size: U8 [tiles, height, width, channels], row-major, channels 1 (grey) or 3 (red, green, blue). */
export interface Pixels {
  readonly data: Uint8Array;
  readonly tiles: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Browsers refuse very large images; four million pixels are safe everywhere. */
const MOST_PIXELS = 4_194_304;

/** Packs pictures into PNG sheets, so that a page holds a few images instead of thousands. Throws an InputError where the length is not that of the shape. */
export function thumbnailSheets(pixels: Pixels): ReportThumbnails {
  const { data, tiles, height, width, channels } = pixels;
  const tileBytes = height * width * channels;
  if (data.length !== tiles * tileBytes) {
    throw new InputError({
      field: 'thumbnails',
      problem: 'the data does not have the length of its shape',
      value: data.length,
      accepted: `${tiles * tileBytes} bytes`,
    });
  }
  const perSheet = Math.max(1, Math.floor(MOST_PIXELS / (height * width)));
  const sheets = [];
  for (let first = 0; first < tiles; first += perSheet) {
    const count = Math.min(perSheet, tiles - first);
    const columns = Math.ceil(Math.sqrt(count));
    const rows = Math.ceil(count / columns);
    const sheet = new Uint8Array(rows * columns * tileBytes);
    for (let t = 0; t < count; t++) {
      const left = (t % columns) * width * channels;
      const top = Math.floor(t / columns) * height;
      for (let y = 0; y < height; y++) {
        const from = (first + t) * tileBytes + y * width * channels;
        sheet.set(data.subarray(from, from + width * channels), (top + y) * columns * width * channels + left);
      }
    }
    const png = encodePng({ data: sheet, width: columns * width, height: rows * height, channels });
    sheets.push({ uri: `data:image/png;base64,${Buffer.from(png).toString('base64')}`, columns, tiles: count });
  }
  return { width, height, sheets };
}
