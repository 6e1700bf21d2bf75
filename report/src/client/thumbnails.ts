import { report } from './report.js';
import { element } from './element.js';

const { width, height, sheets } = report.thumbnails;
const loading = sheets.map(async ({ uri }) => {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
});

/** A row or column of small pictures on one canvas; pictures appear when their sheet is decoded. */
export function pictures(tiles: readonly number[], options: { size: number; gap: number; vertical: boolean; label: string }): HTMLCanvasElement {
  const { size, gap, vertical, label } = options;
  const long = tiles.length * size + Math.max(0, tiles.length - 1) * gap;
  const scale = Math.max(1, Math.ceil(window.devicePixelRatio));
  const canvas = element('canvas', {
    role: 'img',
    'aria-label': label,
    width: (vertical ? size : long) * scale,
    height: (vertical ? long : size) * scale,
  });
  canvas.style.width = `${vertical ? size : long}px`;
  canvas.style.height = `${vertical ? long : size}px`;
  const context = canvas.getContext('2d');
  tiles.forEach((tile, i) => {
    const place = i * (size + gap) * scale;
    void draw(context, tile, vertical ? 0 : place, vertical ? place : 0, size * scale);
  });
  return canvas;
}

async function draw(context: CanvasRenderingContext2D | null, tile: number, x: number, y: number, size: number): Promise<void> {
  let left = tile;
  let number = 0;
  while (left >= (sheets[number]?.tiles ?? Infinity)) left -= sheets[number++]!.tiles;
  const sheet = sheets[number];
  const image = await loading[number];
  if (!sheet || !image || !context) return;
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, (left % sheet.columns) * width, Math.floor(left / sheet.columns) * height, width, height, x, y, size, size);
}
