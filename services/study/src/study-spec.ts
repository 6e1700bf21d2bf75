import { digestOf, normaliseMasking, normaliseNoise, normaliseProbe, wholeNumber } from '@fathom/analyses';
import { type study } from '@fathom/contracts';
import { InputError } from '@fathom/errors';

const NETWORK_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;

/** The spec with every default filled in; throws an InputError that names the first field that is wrong. */
export function normaliseSpec(spec: study.StudySpec | undefined): study.StudySpec {
  if (!spec) throw new InputError({ field: 'spec', problem: 'is missing', accepted: 'a study spec' });
  if (spec.name.length < 1 || spec.name.length > 200)
    throw new InputError({ field: 'spec.name', problem: 'has the wrong length', value: spec.name, accepted: '1 to 200 characters' });
  if (spec.checkpoints.length === 0)
    throw new InputError({ field: 'spec.checkpoints', problem: 'is empty', accepted: 'at least the network that is studied' });
  checkNetworks(spec);
  digestOf('spec.test.images', spec.test?.images);
  digestOf('spec.train.images', spec.train?.images);
  return {
    ...spec,
    atomsPerClass: wholeNumber('spec.atoms_per_class', spec.atomsPerClass, { least: 1, most: 1000, zero: 10 }),
    probe: normaliseProbe(spec.probe, 'spec.probe'),
    noise: normaliseNoise(spec.noise, 'spec.noise'),
    noiseImages: noiseImagesOf(spec),
    masking: normaliseMasking(spec.masking, 'spec.masking'),
    relations: {
      bootstrapDraws: wholeNumber('spec.relations.bootstrap_draws', spec.relations?.bootstrapDraws ?? 0, { least: 100, most: 1_000_000, zero: 1000 }),
      permutationDraws: wholeNumber('spec.relations.permutation_draws', spec.relations?.permutationDraws ?? 0, {
        least: 100,
        most: 1_000_000,
        zero: 10_000,
      }),
      seed: spec.relations?.seed ?? 0,
    },
  };
}

/** The networks of a study, each once: checkpoints in order, then controls that are no checkpoints. */
export function networksOf(spec: study.StudySpec): study.StudyNetwork[] {
  const names = new Set(spec.checkpoints.map(({ name }) => name));
  return [...spec.checkpoints, ...spec.controls.filter(({ name }) => !names.has(name))];
}

/** At most as many images as are measured on, where that is known already. */
function noiseImagesOf({ noiseImages, test }: study.StudySpec): number {
  const most = test?.rows?.count ? test.rows.count : 10_000_000;
  return wholeNumber('spec.noise_images', noiseImages, { least: 1, most, zero: Math.min(100, most) });
}

function checkNetworks({ checkpoints, controls }: study.StudySpec): void {
  const models = new Map<string, string>();
  const check = (field: string, network: study.StudyNetwork, mayRepeat: boolean): void => {
    if (!NETWORK_NAME.test(network.name))
      throw new InputError({
        field: `${field}.name`,
        problem: 'is no network name',
        value: network.name,
        accepted: '1 to 64 letters, digits, dots and dashes',
      });
    const model = digestOf(`${field}.model`, network.model);
    const known = models.get(network.name);
    if (known !== undefined && !(mayRepeat && known === model))
      throw new InputError({
        field: `${field}.name`,
        problem: 'names two networks',
        value: network.name,
        accepted: 'a name of its own for each network',
      });
    models.set(network.name, model);
  };
  checkpoints.forEach((network, index) => check(`spec.checkpoints[${index}]`, network, false));
  controls.forEach((network, index) => check(`spec.controls[${index}]`, network, true));
}
