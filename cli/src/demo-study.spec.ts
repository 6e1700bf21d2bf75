import { join } from 'node:path';
import { DEMO_SIZES, demoStudy, reductions } from './demo-study.js';
import { testFolder } from './run-fathom.fixture.js';
import { MATERIAL } from './small-study.fixture.js';

const root = testFolder();

test('the demo takes every checkpoint, at least 2,000 test and 1,000 training images and 100 images with 20 draws at 3 strengths', async () => {
  const study = await demoStudy(MATERIAL, DEMO_SIZES.quick);
  expect(study.checkpoints.length).toBeGreaterThanOrEqual(8);
  expect(study.checkpoints.map(({ epoch }) => epoch)).toEqual([...study.checkpoints.map(({ epoch }) => epoch)].sort((a, b) => a - b));
  expect(study.controls).toHaveLength(1);
  expect([study.test.count, study.train.count, study.noise, study.atomsPerClass]).toEqual([
    2000,
    1000,
    { images: 100, draws: 20, sigmas: [0.01, 0.1, 0.5] },
    10,
  ]);
});

test('three controls are three networks', async () => {
  const { controls } = await demoStudy(MATERIAL, { ...DEMO_SIZES.quick, controls: 3 });
  expect(new Set(controls.map(({ path }) => path)).size).toBe(3);
});

test('the report is told all that was made smaller, and nothing where nothing was', () => {
  expect(reductions(DEMO_SIZES.quick)).toHaveLength(4);
  expect(reductions({ ...DEMO_SIZES.full, controls: 3 })).toEqual([]);
});

test('material that is not there is named', async () => {
  await expect(demoStudy(root, DEMO_SIZES.quick)).rejects.toMatchObject({
    reason: 'NOT_FOUND',
    message: expect.stringContaining(join(root, 'fashion.json')) as string,
  });
});
