import { study } from '@fathom/contracts';
import { networksOf, normaliseSpec } from './study-spec.js';

const model = (digit: string) => ({ contentDigest: `sha256:${digit.repeat(64)}` });
const network = (name: string, digit = 'a'): study.StudyNetwork => ({ name, model: model(digit), epoch: 0 });

const least = (change: Partial<study.StudySpec> = {}): study.StudySpec =>
  study.StudySpec.create({ name: 's', checkpoints: [network('last')], test: { images: model('c') }, train: { images: model('d') }, ...change });

describe('a study spec', () => {
  it('has every default filled in, and stays as it is when that is done again', () => {
    const filled = normaliseSpec(least());
    expect(filled).toMatchObject({
      atomsPerClass: 10,
      noiseImages: 100,
      probe: { folds: 5, alphas: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1] },
      noise: { sigmas: [0.01, 0.1, 0.5], draws: 100 },
      masking: { shares: [0.1, 0.5, 0.9], masksPerShare: 20 },
      relations: { bootstrapDraws: 1000, permutationDraws: 10_000, seed: 0 },
    });
    expect(normaliseSpec(filled)).toEqual(filled);
    expect(normaliseSpec(study.StudySpec.fromJSON(study.StudySpec.toJSON(filled)))).toEqual(filled);
  });

  it('asks for no more noisy images than there are', () => {
    const rows = { first: 0, count: 40 };
    expect(normaliseSpec(least({ test: { images: model('c'), rows } })).noiseImages).toBe(40);
    expect(() => normaliseSpec(least({ test: { images: model('c'), rows }, noiseImages: 41 }))).toThrow(
      expect.objectContaining({ field: 'spec.noise_images' }),
    );
  });

  it('takes each network once, checkpoints first; a control may be a checkpoint', () => {
    const [first, last, other] = [network('first'), network('last', 'b'), network('other', 'e')];
    const spec = normaliseSpec(least({ checkpoints: [first, last], controls: [first, other] }));
    expect(networksOf(spec).map(({ name }) => name)).toEqual(['first', 'last', 'other']);
  });

  it.each([
    ['spec.controls[0].name', { controls: [network('last', 'b')] }],
    ['spec.checkpoints[1].name', { checkpoints: [network('a'), network('a')] }],
    ['spec.checkpoints[0].name', { checkpoints: [network('')] }],
    ['spec.checkpoints[0].model.content_digest', { checkpoints: [{ name: 'a', model: undefined, epoch: 0 }] }],
    ['spec.name', { name: 'x'.repeat(201) }],
    ['spec.atoms_per_class', { atomsPerClass: 1001 }],
    ['spec.train.images.content_digest', { train: undefined }],
    ['spec.relations.permutation_draws', { relations: { bootstrapDraws: 0, permutationDraws: 1, seed: 0 } }],
  ] as const)('names %s where it is wrong', (field, change) => {
    expect(() => normaliseSpec(least(change as Partial<study.StudySpec>))).toThrow(expect.objectContaining({ name: 'InputError', field }));
  });
});
