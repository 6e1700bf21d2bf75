import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { upload, type activation } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { openImageSet } from '@fathom/images';
import type { ShardRecord } from '@fathom/artifacts';
import { digestOf } from './artifact-fields.js';
import { wholeJob, type Job, type JobContext, type JobOutput } from './job.js';
import { preprocessingOf } from './model-description.js';
import { checkPartSize, imageRows, imageSetDescription } from './register-images.js';
import { modelOutput, requireName } from './register-model.js';
import { ROWS_PER_PART } from './row-parts.js';
import { activationsOutput, codesOutput, dictionaryOutput, requireRowsOf } from './uploaded-tensors.js';
import { uploadDigest, Uploads } from './uploads.js';

type Content = NonNullable<upload.CommitUploadRequest['content']>;

/**
 * Makes an artifact of files that a client has put into the store. They are copied to a folder of this process while they are checked,
 * and read there as files of this machine are, so that what was checked is what is read.
 */
export const registerUpload: Job<upload.CommitUploadRequest> = {
  ...wholeJob,
  name: 'upload.register',
  revision: 1,
  determinism: 'PORTABLE',
  codec: upload.CommitUploadRequest,
  normalise(request) {
    uploadDigest(request.upload);
    checkContent(contentOf(request));
    return request;
  },
  inputs(request) {
    const content = contentOf(request);
    return content.$case === 'activations' && content.value.model ? [digestOf('activations.model', content.value.model)] : [];
  },
  async finish(request, _parts, context) {
    const content = contentOf(request);
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'fathom-upload-')));
    try {
      await new Uploads(context.artifacts.objects).fetch(request.upload, filesOf(content), folder, context.control);
      return await outputOf(content, folder, context);
    } catch (error) {
      throw withoutFolder(error, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

function contentOf({ content }: upload.CommitUploadRequest): Content {
  if (content) return content;
  throw new InputError({ field: 'content', problem: 'is missing', accepted: 'model, images, activations, codes or dictionary' });
}

function checkContent(content: Content): void {
  switch (content.$case) {
    case 'model':
      requireName(content.value.name);
      preprocessingOf(content.value);
      return;
    case 'images':
      requireName(content.value.name);
      imageSetDescription(content.value);
      return;
    case 'activations':
      requireRowsOf('activations.rows', content.value.rows);
      if (content.value.model) digestOf('activations.model', content.value.model);
      return;
    case 'codes':
      requireRowsOf('codes.rows', content.value.rows);
      requireTensor('codes.codes', content.value.codes);
      return;
    case 'dictionary':
      requireTensor('dictionary.atoms', content.value.atoms);
  }
}

function requireTensor(field: string, tensor: upload.UploadedTensor | undefined): void {
  if (!tensor) throw new InputError({ field, problem: 'is missing', accepted: 'a tensor of a file of the upload' });
}

/** Names of the files that are read; undefined for all of the upload. */
function filesOf(content: Content): string[] | undefined {
  switch (content.$case) {
    case 'model':
      return undefined; // a model.json names its weights itself
    case 'images':
      return imageFiles(content.value.source);
    case 'activations': {
      const { layers, labels } = content.value;
      return [...layers, ...(labels ? [labels] : [])].map(({ file }) => file);
    }
    case 'codes':
      return [content.value.codes!.file];
    case 'dictionary':
      return [content.value.atoms!.file];
  }
}

function imageFiles(source: upload.UploadedImages['source']): string[] {
  const { imagesPath = '', labelsPath = '' } = source?.value ?? {};
  return labelsPath === '' ? [imagesPath] : [imagesPath, labelsPath];
}

async function outputOf(content: Content, folder: string, context: JobContext): Promise<JobOutput> {
  switch (content.$case) {
    case 'model': {
      const { file, ...rest } = content.value;
      return modelOutput({ ...rest, path: fileIn(folder, file) }, context);
    }
    case 'images':
      return imagesOutput(content.value, folder, context);
    case 'activations':
      return activationsOutput(content.value, folder, context);
    case 'codes':
      return codesOutput(content.value, folder, context);
    case 'dictionary':
      return dictionaryOutput(content.value, folder, context);
  }
}

/** A network's file is named by the request alone: it may be in no list of files yet. */
function fileIn(folder: string, name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    throw new InputError({
      field: 'model.file',
      problem: name === '' ? 'is missing' : 'is no file name',
      value: name,
      accepted: 'a file of the upload',
    });
  return join(folder, name);
}

async function imagesOutput({ name, source }: upload.UploadedImages, folder: string, { artifacts, control, limits }: JobContext): Promise<JobOutput> {
  const images = await openImageSet(imageSetDescription({ name, source: within(source, folder) }), limits);
  try {
    checkPartSize(images);
    const shards: ShardRecord[] = [];
    for (let start = 0; start < images.count; start += ROWS_PER_PART) {
      control.throwIfCancelled();
      control.progress(start, images.count);
      shards.push(await artifacts.writeShard(start, await imageRows(images, start, Math.min(images.count, start + ROWS_PER_PART))));
    }
    return { kind: 'images', attributes: { name, class_names: [...images.classNames], skipped: images.skipped.length }, shards };
  } finally {
    await images.close();
  }
}

/** A source with the paths of its files, which have been fetched under their names. */
function within(source: upload.UploadedImages['source'], folder: string): activation.StartRegisterImagesRequest['source'] {
  const path = (name: string): string => (name === '' ? '' : join(folder, name));
  if (source?.$case === 'idx')
    return { $case: 'idx', value: { ...source.value, imagesPath: path(source.value.imagesPath), labelsPath: path(source.value.labelsPath) } };
  if (source?.$case === 'array')
    return { $case: 'array', value: { ...source.value, imagesPath: path(source.value.imagesPath), labelsPath: path(source.value.labelsPath) } };
  return undefined;
}

/** An error without the folder, which means nothing to whoever sent the files. */
function withoutFolder(error: unknown, folder: string): unknown {
  if (!(error instanceof InputError)) return error;
  const plain = (text: string): string => text.replaceAll(folder + sep, '');
  const { field, value, accepted } = error;
  return InputError.restore(plain(error.message), { field: plain(field), value: plain(value), accepted: plain(accepted) });
}
