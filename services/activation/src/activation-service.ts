import { descriptionOf, extractActivations, networkFiles, openKind, registerImages, registerModel } from '@fathom/analyses';
import { type activation, ActivationService } from '@fathom/contracts';
import { FathomError, InputError, restoreError } from '@fathom/errors';
import { fingerprint, inputPath, operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';
import { uploadService } from './upload-service.js';

const LONGEST_REGISTRATION_MS = 600_000;

/** Networks, image sets and activations, and beside them what clients upload. */
export function activationService(platform: Platform): readonly BoundService[] {
  return [networksService(platform), uploadService(platform)];
}

function networksService(platform: Platform): BoundService {
  const { artifacts, config } = platform;
  return implement(ActivationService, {
    async registerModel(request, { signal }) {
      const path = await inputPath('path', request.path, config.inputRoots);
      const job = { request: { ...request, path }, fingerprint: await fingerprint(await networkFiles(path)) };
      const { digest } = await platform.startJob(registerModel, job);
      const ended = await platform.operations.wait(`operations/${digest}`, LONGEST_REGISTRATION_MS, signal);
      const contentDigest = resultOf(ended);
      return { model: { contentDigest }, description: descriptionOf(await artifacts.open(contentDigest)) };
    },
    async describeModel({ model }) {
      return { description: descriptionOf(await openKind(artifacts, 'model', model, 'model')) };
    },
    async startRegisterImages(request) {
      const { source, paths } = await withRealPaths(request, config.inputRoots);
      const job = { request: { ...request, source }, fingerprint: await fingerprint(paths) };
      return { operation: operationMessage(await platform.startJob(registerImages, job)) };
    },
    startExtract: async (request) => ({
      operation: operationMessage(await platform.startJob(extractActivations, request)),
    }),
  });
}

type Ended = Awaited<ReturnType<Platform['startJob']>>;

/** The result of a registration; throws where it has none. */
function resultOf({ state, result, failure }: Ended): string {
  if (result !== null) return result;
  if (failure) throw restoreError(failure);
  if (state === 'RUNNING') throw new FathomError('DEADLINE_EXCEEDED', 'the registration goes on; the same request returns its result later');
  if (state === 'INTERRUPTED') throw new FathomError('UNAVAILABLE', 'the service is shutting down; the same request goes on with the registration');
  throw new FathomError('CANCELLED', 'the registration was cancelled');
}

type Source = activation.StartRegisterImagesRequest['source'];

/** The source of a request with every path checked and made real. */
async function withRealPaths(
  { source }: activation.StartRegisterImagesRequest,
  roots: readonly string[],
): Promise<{ source: Source; paths: string[] }> {
  const real = (field: string, path: string): Promise<string> => (path === '' ? Promise.resolve('') : inputPath(field, path, roots));
  switch (source?.$case) {
    case 'idx': {
      const imagesPath = await inputPath('idx.images_path', source.value.imagesPath, roots);
      const labelsPath = await real('idx.labels_path', source.value.labelsPath);
      return { source: { $case: 'idx', value: { ...source.value, imagesPath, labelsPath } }, paths: given(imagesPath, labelsPath) };
    }
    case 'folder': {
      const path = await inputPath('folder.path', source.value.path, roots);
      return { source: { $case: 'folder', value: { ...source.value, path } }, paths: [path] };
    }
    case 'array': {
      const imagesPath = await inputPath('array.images_path', source.value.imagesPath, roots);
      const labelsPath = await real('array.labels_path', source.value.labelsPath);
      return { source: { $case: 'array', value: { ...source.value, imagesPath, labelsPath } }, paths: given(imagesPath, labelsPath) };
    }
    case undefined:
      throw new InputError({ field: 'source', problem: 'is missing', accepted: 'idx, folder or array' });
  }
}

function given(...paths: string[]): string[] {
  return paths.filter((path) => path !== '');
}
