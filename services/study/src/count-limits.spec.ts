import { activation, complexity, dictionary, importance, robustness, study } from '@fathom/contracts';
import type { ServiceError } from '@grpc/grpc-js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { call, refusalOfCall } from './refusal.fixture.js';
import { StandIns } from './stand-in-artifacts.fixture.js';
import { CLIENTS } from './wrong-requests.fixture.js';

jest.setTimeout(60_000);

const LIMITS = {
  ...{ atoms: 50, atomsPerClass: 20, folds: 6, noiseDraws: 100, masksPerShare: 30, randomOrders: 40, relationDraws: 10_000, strengths: 10 },
  ...{ layers: 3, checkpoints: 2, pageEntries: 100, waitMs: 60_000, codeAtoms: 3 },
};

let one: OneProcess;
beforeAll(async () => (one = await oneProcess({ security: { insecure: true, limits: LIMITS } })));
afterAll(() => one.close());

const many = <T>(count: number, entry: T): T[] => Array.from({ length: count }, () => entry);
const spec = (change: Parameters<typeof study.StudySpec.fromPartial>[0]) => study.StartStudyRequest.fromPartial({ spec: change });
const fit = dictionary.StartFitRequest.fromPartial.bind(dictionary.StartFitRequest);
const measure = complexity.StartMeasureRequest.fromPartial.bind(complexity.StartMeasureRequest);
const noise = (change: Parameters<typeof robustness.GaussianNoise.fromPartial>[0]) =>
  robustness.StartMeasureSensitivityRequest.fromPartial({ noise: change });
const masking = (change: Parameters<typeof robustness.Masking.fromPartial>[0]) =>
  robustness.StartMeasureLocalityRequest.fromPartial({ masking: change });
const [atoms, atomsPerClass] = [51, 21];

/** By setting: what asks for too much, the field, its value and what it may be. */
const ROWS: readonly [setting: string, client: keyof typeof CLIENTS, method: string, request: object, field: string, value: string, most: string][] =
  [
    ['atoms', 'DictionaryClient', 'startFit', fit({ method: { $case: 'globalNmf', value: { atoms } } }), 'global_nmf.atoms', '51', '50'],
    ['atoms', 'DictionaryClient', 'startFit', fit({ method: { $case: 'kMeans', value: { atoms } } }), 'k_means.atoms', '51', '50'],
    [
      'atoms',
      'DictionaryClient',
      'startFit',
      fit({ method: { $case: 'randomDirections', value: { atoms } } }),
      'random_directions.atoms',
      '51',
      '50',
    ],
    [
      'atomsPerClass',
      'DictionaryClient',
      'startFit',
      fit({ method: { $case: 'classNmf', value: { atomsPerClass } } }),
      'class_nmf.atoms_per_class',
      '21',
      '20',
    ],
    ['atomsPerClass', 'StudyClient', 'startStudy', spec({ atomsPerClass }), 'spec.atoms_per_class', '21', '20'],
    ['folds', 'ComplexityClient', 'startMeasure', measure({ probe: { folds: 7 } }), 'probe.folds', '7', '6'],
    ['strengths', 'ComplexityClient', 'startMeasure', measure({ probe: { alphas: many(11, 1) } }), 'probe.alphas', '11 entries', '10 entries'],
    ['strengths', 'RobustnessClient', 'startMeasureSensitivity', noise({ sigmas: many(11, 1) }), 'noise.sigmas', '11 entries', '10 entries'],
    ['strengths', 'RobustnessClient', 'startMeasureLocality', masking({ shares: many(11, 0.5) }), 'masking.shares', '11 entries', '10 entries'],
    ['noiseDraws', 'RobustnessClient', 'startMeasureSensitivity', noise({ draws: 101 }), 'noise.draws', '101', '100'],
    ['masksPerShare', 'RobustnessClient', 'startMeasureLocality', masking({ masksPerShare: 31 }), 'masking.masks_per_share', '31', '30'],
    ['randomOrders', 'ImportanceClient', 'startAblate', importance.StartAblateRequest.fromPartial({ randomOrders: 41 }), 'random_orders', '41', '40'],
    [
      'relationDraws',
      'StudyClient',
      'startStudy',
      spec({ relations: { bootstrapDraws: 10_001 } }),
      'spec.relations.bootstrap_draws',
      '10001',
      '10000',
    ],
    [
      'relationDraws',
      'StudyClient',
      'startStudy',
      spec({ relations: { permutationDraws: 10_001 } }),
      'spec.relations.permutation_draws',
      '10001',
      '10000',
    ],
    ['layers', 'ComplexityClient', 'startMeasure', measure({ layers: many(4, 'a') }), 'layers', '4 entries', '3 entries'],
    [
      'layers',
      'ActivationClient',
      'startExtract',
      activation.StartExtractRequest.fromPartial({ taps: many(4, 'a') }),
      'taps',
      '4 entries',
      '3 entries',
    ],
    ['checkpoints', 'StudyClient', 'startStudy', spec({ checkpoints: many(3, {}) }), 'spec.checkpoints', '3 entries', '2 entries'],
    ['checkpoints', 'StudyClient', 'startStudy', spec({ controls: many(3, {}) }), 'spec.controls', '3 entries', '2 entries'],
    [
      ...(['checkpoints', 'ComplexityClient', 'startMeasureOverTraining'] as const),
      complexity.StartMeasureOverTrainingRequest.fromPartial({ checkpoints: many(3, {}) }),
      ...(['checkpoints', '3 entries', '2 entries'] as const),
    ],
    ['pageEntries', 'OperationsClient', 'listOperations', { pageSize: 101, pageToken: '' }, 'page_size', '101', '100'],
    ['pageEntries', 'ArtifactClient', 'listArtifacts', { pageSize: 101, pageToken: '', kind: '' }, 'page_size', '101', '100'],
    ['waitMs', 'OperationsClient', 'waitOperation', { name: '', timeoutMs: 60_001 }, 'timeout_ms', '60001', '60000'],
  ];

describe('a request over a limit of the configuration', () => {
  it.each(ROWS)('is refused by its field, value and limit: %s, %s.%s', async (_setting, client, method, request, field, value, most) => {
    const refusal = await call(CLIENTS[client] as never, one.address, method, request).then(
      () => undefined,
      (error: unknown) => refusalOfCall(error as ServiceError),
    );
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_INPUT', field });
    expect(refusal?.message).toContain(`(got ${value}); accepted: at most ${most}`);
  });

  it('for codes of a dictionary that is too large is refused before they are made', async () => {
    const made = new StandIns(one.store);
    const [dictionary, activations] = [await made.dictionary(4, 5), await made.activations(10, 5, (row, column) => row + column)];
    const { operation } = await one.clients.dictionary.startEncode({ dictionary, activations, tensor: '' });
    await expect(one.clients.ended('dictionary', operation)).rejects.toMatchObject({
      ...{ field: 'dictionary', message: 'dictionary: has too many atoms (got 4); accepted: at most 3 atoms' },
    });
  });
});
