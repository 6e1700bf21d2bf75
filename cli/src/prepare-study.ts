import { activation, operations, type study } from '@fathom/contracts';
import { cancelled, FathomError, restoreError } from '@fathom/errors';
import { errorOf } from '@fathom/service-kit';
import type { Services } from './services.js';
import type { ImagesEntry, NetworkEntry, StudyFile } from './study-file.js';
import { preprocessingMessage } from './study-preprocessing.js';

const { ResizeFit } = activation;

const FITS = { cover: ResizeFit.COVER, contain: ResizeFit.CONTAIN, fill: ResizeFit.FILL } as const;

const { OperationState } = operations;

/** Registers a study file's networks and images, and returns the spec that the study service takes. */
export async function prepareStudy(file: StudyFile, services: Services, signal: AbortSignal): Promise<study.StudySpec> {
  const preprocessing = preprocessingMessage(file.preprocessing);
  const models = new Map<string, Promise<study.StudyNetwork>>();
  const network = ({ name, path, epoch }: NetworkEntry): Promise<study.StudyNetwork> => {
    const known = models.get(`${name}\n${path}`);
    const registered =
      known ??
      services.activation.registerModel({ path, name, preprocessing, taps: [...file.taps] }, { signal }).then(
        ({ model }) => ({ name, model, epoch }),
        (error: unknown) => {
          const { reason, message, metadata } = FathomError.from(error);
          throw restoreError({ reason, message: `network ${name} (${path}): ${message}`, metadata });
        },
      );
    models.set(`${name}\n${path}`, registered);
    return registered;
  };
  const [checkpoints, controls, test, train] = await Promise.all([
    Promise.all(file.checkpoints.map(network)),
    Promise.all(file.controls.map(network)),
    registerImages(file.test, file.classNames, services, signal),
    registerImages(file.train, file.classNames, services, signal),
  ]);
  const { name, atomsPerClass, seed, noise } = file;
  return {
    name,
    checkpoints,
    controls,
    test,
    train,
    atomsPerClass,
    seed,
    probe: { folds: 0, alphas: [], nullSeed: seed, withoutPublished: !file.published, bits: file.bits },
    noise: { sigmas: [...noise.sigmas], draws: noise.draws, seed },
    noiseImages: noise.images,
    masking: { shares: [], masksPerShare: 0, seed },
    relations: { bootstrapDraws: 0, permutationDraws: 0, seed },
  };
}

async function registerImages(
  entry: ImagesEntry,
  classNames: readonly string[],
  services: Services,
  signal: AbortSignal,
): Promise<study.StudyImages> {
  const { operation } = await services.activation.startRegisterImages({ name: entry.name, source: sourceOf(entry, classNames) }, { signal });
  const ended = await waitForEnd(operation, services.activationOperations, signal);
  return { images: ended.result, rows: { first: entry.first, count: entry.count } };
}

/** Follows an operation to its end; throws what it failed with. */
export async function waitForEnd(
  started: operations.Operation | undefined,
  client: Services['studyOperations'],
  signal: AbortSignal,
  onChange: (operation: operations.Operation) => void = () => undefined,
): Promise<operations.Operation> {
  if (!started) throw new FathomError('INTERNAL', 'the service started no operation');
  let operation = started;
  onChange(operation);
  if (operation.state === OperationState.RUNNING)
    for await (const update of client.watchOperation({ name: started.name, afterSequence: started.sequence }, { signal })) {
      operation = update.operation ?? operation;
      onChange(operation);
    }
  if (operation.state === OperationState.SUCCEEDED) return operation;
  if (operation.state === OperationState.FAILED)
    throw (operation.error && errorOf(operation.error)) ?? new FathomError('INTERNAL', operation.error?.message ?? 'the operation failed');
  if (operation.state === OperationState.RUNNING || operation.state === OperationState.INTERRUPTED)
    throw new FathomError('UNAVAILABLE', 'the service stopped before the work ended; the same request goes on where it was left');
  throw cancelled(started.job === 'study.run' ? 'the study' : 'the work');
}

function sourceOf({ idx, folder, array }: ImagesEntry, classNames: readonly string[]): activation.StartRegisterImagesRequest['source'] {
  if (idx) return { $case: 'idx', value: { imagesPath: idx.images, labelsPath: idx.labels ?? '', classNames: [...classNames] } };
  if (folder) {
    const { path, gray = false, width = 0, height = 0, skipBad = false, fit = 'cover' } = folder;
    return { $case: 'folder', value: { path, gray, resizeWidth: width, resizeHeight: height, skipBad, resizeFit: FITS[fit] } };
  }
  const { images = '', tensor = '', labels = '', labelsTensor = '' } = array ?? {};
  return { $case: 'array', value: { imagesPath: images, imagesTensor: tensor, labelsPath: labels, labelsTensor } };
}
