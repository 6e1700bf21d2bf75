import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { activation } from '@fathom/contracts';
import type { ReportData } from '@fathom/report';
import { JsonField } from './json-field.js';
import { complaints, expectComplaint, fathom, testFolder } from './run-fathom.fixture.js';
import { tinyStudy, writeStudy } from './small-study.fixture.js';
import { preprocessingMessage, readPreprocessing } from './study-preprocessing.js';

jest.setTimeout(240_000);

const tiny = tinyStudy() as { preprocessing: object; test: Source; train: Source };
interface Source {
  readonly idx: { readonly images: string; readonly labels: string };
  readonly count: number;
}
const plain = tiny.preprocessing;
const read = (change: object) => readPreprocessing(new JsonField('preprocessing', { ...plain, ...change }, 'preprocessing'));

test('without sizes of its own, it is what the service is asked for without them', () => {
  expect(preprocessingMessage(read({}))).toEqual({ ...plain, channelOrder: activation.ChannelOrder.GRAY });
});

test.each([
  [{ shorterSide: 256 }, { $case: 'shorterSide', value: 256 }, activation.Interpolation.BILINEAR],
  [{ width: 300, height: 200, interpolation: 'nearest' }, { $case: 'size', value: { width: 300, height: 200 } }, activation.Interpolation.NEAREST],
])('resizing by %j and cropping are asked for', (resize, to, interpolation) => {
  expect(preprocessingMessage(read({ resize, centreCrop: true }))).toMatchObject({ resize: { to, interpolation }, centreCrop: true });
});

test.each([
  ['preprocessing.resize', { resize: {} }, 'shorterSide, or width and height'],
  ['preprocessing.resize', { resize: { width: 28 } }, 'shorterSide, or width and height'],
  ['preprocessing.resize', { resize: { width: 28, height: 28, shorterSide: 28 } }, 'shorterSide, or width and height'],
  ['preprocessing.resize.shorterSide', { resize: { shorterSide: 1.5 } }, 'a whole number from 0 to 4294967295'],
  ['preprocessing.resize.interpolation', { resize: { shorterSide: 28, interpolation: 'cubic' } }, 'nearest, bilinear'],
  ['preprocessing.resize.size', { resize: { size: 28 } }, 'shorterSide, width, height, interpolation'],
  ['preprocessing.centreCrop', { centreCrop: 'yes' }, 'true or false'],
])('an error names the place: %s of %j', (field, change, accepted) => {
  expect(() => read(change)).toThrow(expect.objectContaining({ reason: 'INVALID_INPUT', field, accepted }) as Error);
});

describe('a study of images of another size', () => {
  const folder = testFolder();
  /** IDX images as wide and as high again as `times` says, each pixel repeated, with a frame at both sides. */
  const enlarged = (name: string, { idx, count }: Source, times: number, frame: number): object => {
    const pixels = gunzipSync(readFileSync(idx.images)).subarray(16);
    const [height, width] = [28 * times, 28 * times + 2 * frame];
    const images = Buffer.alloc(16 + count * height * width, 99);
    images.writeUInt32BE(0x803, 0);
    [count, height, width].forEach((size, i) => images.writeUInt32BE(size, 4 + 4 * i));
    for (let image = 0; image < count; image++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < 28 * times; x++) {
          const from = (image * 28 + Math.floor(y / times)) * 28 + Math.floor(x / times);
          images[16 + (image * height + y) * width + frame + x] = pixels[from]!;
        }
    const labels = gunzipSync(readFileSync(idx.labels)).subarray(0, 8 + count);
    const header = Buffer.from(labels);
    header.writeUInt32BE(count, 4);
    writeFileSync(join(folder, `${name}.images`), images);
    writeFileSync(join(folder, `${name}.labels`), header);
    return { idx: { images: join(folder, `${name}.images`), labels: join(folder, `${name}.labels`) }, count };
  };
  const run = (name: string, study: object) =>
    fathom(['study', 'run', writeStudy(folder, study, `${name}.json`), '--store', join(folder, 'store'), '--out', join(folder, name), '--json']);
  const features = async (name: string, study: object): Promise<unknown> => {
    const { code, err } = await run(name, study);
    expect([code, complaints(err)]).toEqual([0, []]);
    return (JSON.parse(readFileSync(join(folder, name, 'scores.json'), 'utf8')) as ReportData).features;
  };

  it('gives the numbers of the study whose images have the size already, and is refused where nothing says how to come to it', async () => {
    const scores = await features('plain', tiny);
    const large = { ...tiny, test: enlarged('test', tiny.test, 3, 15), train: enlarged('train', tiny.train, 3, 15) };
    const resize = { shorterSide: 28, interpolation: 'nearest' };
    expect(await features('resized', { ...large, preprocessing: { ...plain, resize, centreCrop: true } })).toEqual(scores);
    expectComplaint(await run('refused', large), 2, ['images', '84 × 114 pixels', '28 × 28']);
    expectComplaint(await run('nowhere', { ...large, preprocessing: { ...plain, resize: { shorterSide: 5000 } } }), 2, ['resize', '5000', '4096']);
  });
});
