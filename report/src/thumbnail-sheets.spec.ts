import { inflateSync } from 'node:zlib';
import { thumbnailSheets } from './thumbnail-sheets.js';

/** Reads back what an unfiltered 8-bit PNG holds. */
function decode(uri: string, channels: number): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const png = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const start = png.indexOf('IDAT', 0, 'latin1');
  const rows = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
  return { width, height, at: (x, y) => [...rows.subarray(y * (width * channels + 1) + 1 + x * channels).subarray(0, channels)] };
}

test.each([1, 3] as const)('every pixel of every tile lies where its number says (%i channels)', (channels) => {
  const [tiles, height, width] = [7, 3, 2];
  const data = Uint8Array.from({ length: tiles * height * width * channels }, (_, i) => (i * 37) % 256);
  const { sheets } = thumbnailSheets({ data, tiles, height, width, channels });
  expect(sheets).toHaveLength(1);
  const { columns, uri } = sheets[0]!;
  const image = decode(uri, channels);
  for (let t = 0; t < tiles; t++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((t * height + y) * width + x) * channels;
        expect(image.at((t % columns) * width + x, Math.floor(t / columns) * height + y)).toEqual([...data.subarray(from, from + channels)]);
      }
    }
  }
});

test('many tiles go on several sheets, none too large for a browser', () => {
  const tiles = 9;
  const { sheets } = thumbnailSheets({ data: new Uint8Array(tiles * 1024 * 1024), tiles, height: 1024, width: 1024, channels: 1 });
  expect(sheets.map((sheet) => sheet.tiles)).toEqual([4, 4, 1]);
});

test('data that is not of its shape is refused', () => {
  expect(() => thumbnailSheets({ data: new Uint8Array(5), tiles: 1, height: 2, width: 2, channels: 1 })).toThrow(
    /thumbnails: .*got 5.*accepted: 4 bytes/,
  );
});
