import { imagesOf, type StoredImages } from '@fathom/analyses';
import type { ArtifactStore } from '@fathom/artifacts';
import { thumbnailSheets, type ReportFeature, type ReportThumbnails, type ReportTopImage } from '@fathom/report';
import type { StudyReader } from './study-scores.js';

/** Pictures shown per feature. */
const TOP_IMAGES = 8;

const ROWS_AT_ONCE = 1024;

/** All features of a network with their scores and strongest images. */
export async function reportFeatures(
  reader: StudyReader,
  artifacts: ArtifactStore,
  network: string,
): Promise<{ features: ReportFeature[]; thumbnails: ReportThumbnails; classNames: readonly string[] }> {
  const { spec } = reader.study;
  const images = imagesOf(await artifacts.open(spec.test!.images!.contentDigest));
  const first = spec.test?.rows?.first ?? 0;
  const strongest = await strongestImages(reader, network);
  const shown = [...new Set(strongest.flatMap((top) => top.map(({ row }) => row)))].sort((a, b) => a - b);
  const labels = await images.labels(0, images.count);
  const tileOf = new Map(shown.map((row, tile) => [row, tile]));
  const column = (step: string, name: string): Promise<Float64Array | null> => reader.valuesOrNull(`${network}/${step}`, name);
  const required = (step: string, name: string): Promise<Float64Array> => reader.values(`${network}/${step}`, name);

  const columns = {
    kStd: await required('complexity', 'k_std'),
    kStdSe: await required('complexity', 'k_std_se'),
    kRaw: await required('complexity', 'k_raw'),
    kPublished: await column('complexity', 'k_published'),
    depthHalf: await required('complexity', 'depth_half'),
    variance: await required('complexity', 'variance'),
    prevalence: await required('complexity', 'prevalence'),
    live: await required('complexity', 'live'),
    r2: await required('complexity', 'r2'),
    r2Training: await column('over-training', 'r2'),
    lambda: await column('over-training', 'lambda'),
    lambdaRaw: await column('over-training', 'lambda_raw'),
    kStdUnshared: await column('over-training', 'k_unshared'),
    lambdaUnshared: await column('over-training', 'lambda_unshared'),
    importance: await column('importance', 'importance'),
    importanceSigned: await column('importance', 'importance_signed'),
    redundancy: await column('locality', 'redundancy'),
    hoyer: await required('locality', 'hoyer'),
    sensitivity: await column('sensitivity', 'sensitivity'),
  };
  const k = columns.kStd.length;
  const { atoms_per_class: perClass } = await reader.facts<{ atoms_per_class: number }>(`${network}/dictionary`);
  const { classNames } = images;
  const at = (values: Float64Array | null, j: number): number | null => (values ? values[j]! : null);
  const row = (values: Float64Array, j: number): number[] => [...values.subarray((j * values.length) / k, ((j + 1) * values.length) / k)];

  const features = Array.from({ length: k }, (_, j): ReportFeature => {
    const group = perClass > 0 ? (classNames[Math.floor(j / perClass)] ?? `class ${Math.floor(j / perClass)}`) : null;
    return {
      index: j,
      label: group === null ? `Feature ${j}` : `${group} · ${j % perClass}`,
      group,
      dead: columns.live[j] === 0,
      kStd: columns.kStd[j]!,
      kStdSe: columns.kStdSe[j]!,
      kRaw: columns.kRaw[j]!,
      kPublished: at(columns.kPublished, j),
      depthHalf: columns.depthHalf[j]!,
      r2: row(columns.r2, j),
      r2Training: columns.r2Training ? row(columns.r2Training, j) : null,
      lambda: at(columns.lambda, j),
      lambdaRaw: at(columns.lambdaRaw, j),
      kStdUnshared: at(columns.kStdUnshared, j),
      lambdaUnshared: at(columns.lambdaUnshared, j),
      importance: at(columns.importance, j),
      importanceSigned: at(columns.importanceSigned, j),
      prevalence: columns.prevalence[j]!,
      variance: columns.variance[j]!,
      redundancy: at(columns.redundancy, j),
      sensitivity: at(columns.sensitivity, j),
      hoyer: columns.hoyer[j]!,
      topImages: strongest[j]!.map(({ row: image, code }): ReportTopImage => {
        return { image: first + image, code, label: labels ? labels[first + image]! : null, tile: tileOf.get(image)! };
      }),
    };
  });
  return { features, thumbnails: await pictures(images, first, shown), classNames };
}

/** For every feature the rows with its largest codes, largest first; the earlier row on ties. Only codes above 0. */
async function strongestImages(reader: StudyReader, network: string): Promise<{ row: number; code: number }[][]> {
  const codes = (await reader.step(`${network}/codes`)).rows('z');
  const k = codes.columns;
  const top: { row: number; code: number }[][] = Array.from({ length: k }, () => []);
  for (let start = 0; start < codes.rows; start += ROWS_AT_ONCE) {
    const end = Math.min(codes.rows, start + ROWS_AT_ONCE);
    const block = await codes.read(start, end);
    for (let row = start; row < end; row++)
      for (let j = 0; j < k; j++) {
        const code = block[(row - start) * k + j]!;
        const best = top[j]!;
        if (code <= 0 || (best.length === TOP_IMAGES && code <= best.at(-1)!.code)) continue;
        const place = best.findIndex((other) => code > other.code);
        best.splice(place < 0 ? best.length : place, 0, { row, code });
        if (best.length > TOP_IMAGES) best.pop();
      }
  }
  return top;
}

async function pictures(images: StoredImages, first: number, rows: readonly number[]): Promise<ReportThumbnails> {
  const { height, width, channels } = images;
  const size = height * width * channels;
  const data = new Uint8Array(rows.length * size);
  for (const [tile, row] of rows.entries()) data.set(await images.read(first + row, first + row + 1), tile * size);
  return thumbnailSheets({ data, tiles: rows.length, height, width, channels: channels === 3 ? 3 : 1 });
}
