import { descriptionOf, extractActivations, openKind, registerImages, registerModel } from '@fathom/analyses';
import { activation, ActivationService } from '@fathom/contracts';
import { FathomError, InputError, restoreError } from '@fathom/errors';
import { fingerprint, inputPath, operationMessage, type Platform } from '@fathom/platform';
import { implement, type BoundService } from '@fathom/service-kit';

const LONGEST_REGISTRATION_MS = 600_000;

/** Networks, image sets and activations. */
export function activationService(platform: Platform): BoundService {
  const { artifacts, config } = platform;
  return implement(ActivationService, {
    async registerModel(request, { signal }) {
      const path = await inputPath('path', request.path, config.inputRoots);
      const job = { request: { ...request, path }, fingerprint: await fingerprint([path]) };
      const { digest } = await platform.startJob(registerModel, job);
      const ended = await platform.operations.wait(`operations/${digest}`, LONGEST_REGISTRATION_MS, signal);
      if (ended.failure) throw restoreError(ended.failure);
      if (ended.result === null) throw new FathomError('CANCELLED', 'the registration was cancelled');
      const model = { contentDigest: ended.result };
      return { model, description: descriptionOf(await artifacts.open(ended.result)) };
    },
    async describeModel({ model }) {
      return { description: descriptionOf(await openKind(artifacts, 'model', model, 'model')) };
    },
    async startRegisterImages(request) {
      const { source, paths } = await withRealPaths(request, config.inputRoots);
      const job = { request: { ...request, source }, fingerprint: await fingerprint(paths) };
      return { operation: operationMessage(await platform.startJob(registerImages, job)) };
    },
    startExtract: async (request) => ({ operation: operationMessage(await platform.startJob(extractActivations, request)) }),
  });
}

type Source = activation.StartRegisterImagesRequest['source'];

/** The source of a request with every path checked and made real. */
async function withRealPaths({ source }: activation.StartRegisterImagesRequest, roots: readonly string[]): Promise<{ source: Source; paths: string[] }> {
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
