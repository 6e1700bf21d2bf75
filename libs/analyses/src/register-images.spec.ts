import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import * as images from '@fathom/images';
import { memoryStore } from '@fathom/store';
import type { Json } from '@fathom/tensors';
import { jobContext } from './jobs.js';
import { closeImages } from './open-images.js';
import { registerImages } from './register-images.js';
import { runHere, values } from './run-here.fixture.js';

jest.mock('@fathom/images', () => {
  const real = jest.requireActual<typeof images>('@fathom/images');
  return { ...real, openImageSet: jest.fn(real.openImageSet) };
});
const opened = jest.mocked(images.openImageSet);

/** A PNG image of one black pixel. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

let root: string;
const image = (name: string) => writeFile(join(root, 'a', name), PIXEL);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fathom-register-'));
  await mkdir(join(root, 'a'));
  opened.mockClear();
});
afterEach(async () => {
  await closeImages();
  await rm(root, { recursive: true });
});

const folder = (resize = 0): activation.StartRegisterImagesRequest => ({
  name: 'i',
  source: {
    $case: 'folder',
    value: { path: root, gray: false, resizeWidth: resize, resizeHeight: resize, skipBad: resize === 0, resizeFit: activation.ResizeFit.FILL },
  },
});
const artifacts = new ArtifactStore(memoryStore());
const context = jobContext(artifacts, inlineCrew(referenceEngine));
const CHANGED = /changed while it was read; accepted: files that stay as they are; start the registration again/;

describe('the registration of images', () => {
  it('opens the images once for all parts of a thread', async () => {
    const path = join(root, 'images');
    const n = 3000;
    const header = Buffer.from([0, 0, 8, 3, 0, 0, n >> 8, n & 255, 0, 0, 0, 1, 0, 0, 0, 1]);
    const pixels = Uint8Array.from({ length: n }, (_, i) => i % 251);
    await writeFile(path, Buffer.concat([header, pixels]));
    const request = { name: 'i', source: { $case: 'idx' as const, value: { imagesPath: path, labelsPath: '', classNames: [] } } };
    const artifact = await runHere(artifacts, registerImages, { request, fingerprint: '1' });
    expect(await values(artifact, 'images')).toEqual([...pixels]);
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('is refused where a file comes, goes or changes between parts', async () => {
    const changes = [() => image('2.png'), () => rm(join(root, 'a/1.png')), () => utimes(join(root, 'a/0.png'), 1, 1)];
    for (const change of changes) {
      await image('0.png');
      await image('1.png');
      const job = { request: folder(), fingerprint: String(change) };
      const parts: Json[] = [];
      for (const part of await registerImages.plan(job, context)) parts.push(await registerImages.runPart(job, part, context));
      await change();
      // In the thread that read the parts, which has them open, and in another.
      await expect(registerImages.finish(job, parts, context)).rejects.toThrow(CHANGED);
      await closeImages();
      await expect(registerImages.finish(job, parts, context)).rejects.toThrow(CHANGED);
    }
  });

  it('is refused where the images of a part are gone', async () => {
    await image('0.png');
    await expect(registerImages.runPart({ request: folder(), fingerprint: '' }, 'rows-00001024-00002048', context)).rejects.toThrow(CHANGED);
  });

  it('goes through when it is started again after a change', async () => {
    await image('0.png');
    await registerImages.plan({ request: folder(), fingerprint: '' }, context);
    await image('1.png');
    expect((await runHere(artifacts, registerImages, { request: folder(), fingerprint: '' })).tensors['images']?.shape).toEqual([2, 1, 1, 3]);
  });

  it('is refused where a part would not fit in memory', async () => {
    for (let i = 0; i < 4; i += 1) await image(`${i}.png`);
    await expect(registerImages.plan({ request: folder(10_000), fingerprint: '' }, context)).rejects.toThrow(
      `${root}: its images are too large (got 10000 × 10000 × 3 bytes); accepted: at most 1073741824 bytes for 4 images; give a resize rule`,
    );
  });
});
