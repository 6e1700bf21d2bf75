import {
  ActivationClient,
  ArtifactClient,
  CapabilitiesClient,
  ComplexityClient,
  DictionaryClient,
  ImportanceClient,
  OperationsClient,
  RobustnessClient,
  StudyClient,
  UploadClient,
  type activation,
  type artifact,
  type complexity,
  type operations,
  type OperationsService,
  type upload,
} from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { encodeSafetensors, type Tensor } from '@fathom/tensors';
import { connect, type ConnectOptions, type Remote } from '@fathom/wire';
import { featureTable, type FeatureTable } from './feature-table.js';
import { followOperation } from './follow-operation.js';
import { addressesOf, type Places } from './places.js';
import { Patience, patiently } from './patience.js';
import { putFiles, type Content } from './put-files.js';
import { readTensor, type ReadOptions } from './read-tensor.js';
import { watchOperation, type WatchOptions } from './watch-operation.js';

/** Names an artifact. */
export type Ref = artifact.ArtifactRef;

/** A matrix [rows, columns], row-major. */
export interface Matrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly data: Float32Array | Float64Array;
}

/** How to connect. */
export interface FathomOptions extends ConnectOptions {
  /** Milliseconds to wait for a service that does not answer; one that is busy is waited for as long as it says. @default 30,000 */
  readonly patienceMs?: number;
}

/** How to run an operation. */
export interface RunOptions {
  /** Stops it: its finished parts are kept. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Told of every change. */
  readonly onProgress?: ((operation: operations.Operation) => void) | undefined;
}

/** Activations of one's own. */
export interface Activations {
  /** Layers in forward order, by name, each [n, width]. */
  readonly layers: Readonly<Record<string, Matrix>>;
  /** What the rows are: any name, or the digest of an "images" artifact. Codes that go with them must say the same. @default 'rows' */
  readonly images?: string;
  /** Class of each row, [n]. @default not known */
  readonly labels?: Int32Array | undefined;
  /** The "model" artifact that they are of. @default not registered */
  readonly model?: Ref | undefined;
}

/** What is scored. */
export interface ScoresRequest extends RunOptions {
  /** Activations, or an "activations" artifact. */
  readonly activations: Activations | Ref;
  /** Codes [n, k] of the same rows, at least 0, or a "codes" artifact. */
  readonly codes: Matrix | Ref;
  /** Layers to measure over, in forward order. @default all */
  readonly layers?: readonly string[];
  /** The probe. @default that of docs/measures.md */
  readonly probe?: Partial<complexity.Probe>;
}

type Following = Remote<typeof OperationsService>;

/** Fathom's services. Calls throw FathomError, or InputError with field, value and accepted. */
export class Fathom {
  readonly activation;
  readonly dictionary;
  readonly complexity;
  readonly importance;
  readonly robustness;
  readonly study;
  readonly uploads;
  readonly artifacts;
  readonly capabilities;
  readonly #open: { close(): void }[] = [];
  readonly #patienceMs: number;

  /** Connects with the first call. Calls that may be repeated are, where a server is UNAVAILABLE. */
  constructor(places?: Places, { patienceMs = 30_000, ...options }: FathomOptions = {}) {
    this.#patienceMs = patienceMs;
    const at = addressesOf(places);
    const kept = <T extends { close(): void }>(client: T): T => {
      this.#open.push(client);
      return client;
    };
    const how = { retries: true, ...options };
    const following = (address: string): { operations: Following } => ({ operations: kept(connect(OperationsClient, address, how)) });
    this.activation = { ...kept(connect(ActivationClient, at.activation, how)), ...following(at.activation) };
    this.dictionary = { ...kept(connect(DictionaryClient, at.dictionary, how)), ...following(at.dictionary) };
    this.complexity = { ...kept(connect(ComplexityClient, at.complexity, how)), ...following(at.complexity) };
    this.importance = { ...kept(connect(ImportanceClient, at.importance, how)), ...following(at.importance) };
    this.robustness = { ...kept(connect(RobustnessClient, at.robustness, how)), ...following(at.robustness) };
    this.study = { ...kept(connect(StudyClient, at.study, how)), ...following(at.study) };
    this.uploads = { ...kept(connect(UploadClient, at.activation, how)), operations: this.activation.operations };
    this.artifacts = kept(connect(ArtifactClient, at.activation, how));
    this.capabilities = kept(connect(CapabilitiesClient, at.activation, how));
  }

  /**
   * Starts an operation and follows it to its end, through broken connections, restarts of the service, and while it is busy; returns the
   * artifact that it made. The same request is the same operation, so it joins one that runs and does not compute twice.
   * @param on the service that `start` asks. @throws what the operation failed with
   */
  async run(
    on: { readonly operations: Following },
    start: () => Promise<{ operation?: operations.Operation | undefined }>,
    { signal = new AbortController().signal, onProgress }: RunOptions = {},
  ): Promise<Ref> {
    const patience = new Patience(signal, this.#patienceMs);
    const { result, name } = await followOperation({ start, operations: on.operations }, signal, { patience, onUpdate: onProgress });
    if (!result) throw new FathomError('INTERNAL', `${name} has succeeded without a result`);
    return result;
  }

  /** An operation after each of its changes; after a broken connection it goes on behind the last one. */
  watch(on: { readonly operations: Following }, name: string, options?: WatchOptions): AsyncGenerator<operations.Operation> {
    return watchOperation(on.operations, name, options);
  }

  /** What an artifact is, without its numbers. */
  async describe(ref: Ref): Promise<artifact.Artifact> {
    return (await this.artifacts.getArtifact({ artifact: ref })).artifact!;
  }

  /** Rows of a tensor of an artifact, checked against SHA-256. */
  tensor(ref: Ref, name: string, options: ReadOptions = {}): Promise<Tensor> {
    const patience = new Patience(options.signal ?? new AbortController().signal, this.#patienceMs);
    return patiently(() => readTensor(this.artifacts, ref, name, options), patience);
  }

  /** All scores of an artifact that has a number for each feature. */
  async table(ref: Ref, options?: Pick<ReadOptions, 'via' | 'signal'>): Promise<FeatureTable> {
    const described = await this.describe(ref);
    const tensors: Tensor[] = [];
    for (const { name } of described.tensors) tensors.push(await this.tensor(ref, name, options));
    return featureTable(described, tensors);
  }

  /**
   * Uploads files, makes an artifact of them, and removes them. After an interruption the same call sends what is missing.
   * @param files by name, as `content` names them: bytes, or paths
   */
  async upload(
    files: Readonly<Record<string, Content>>,
    content: NonNullable<upload.CommitUploadRequest['content']>,
    options: RunOptions = {},
  ): Promise<Ref> {
    const patience = new Patience(options.signal ?? new AbortController().signal, this.#patienceMs);
    const upload = await putFiles(this.uploads, files, patience, options.signal);
    const made = await this.run(this.uploads, () => this.uploads.commitUpload({ upload, content }), options);
    await this.uploads.deleteUpload({ upload });
    return made;
  }

  /** Uploads activations: an "activations" artifact. */
  uploadActivations({ layers, images = 'rows', labels, model }: Activations, options?: RunOptions): Promise<Ref> {
    const tensors: Tensor[] = Object.entries(layers).map(([name, matrix]) => tensorOf(name, matrix));
    const rows = tensors[0]?.shape[0] ?? 0;
    const file = encodeSafetensors(labels ? [...tensors, { name: 'labels', dtype: 'I32', shape: [rows], data: labels }] : tensors);
    const value = {
      rows: { images, first: 0 },
      layers: tensors.map(({ name: tensor }) => ({ file: 'activations', tensor })),
      labels: labels && { file: 'activations', tensor: 'labels' },
      classes: 0,
      model,
    };
    return this.upload({ activations: file }, { $case: 'activations', value }, options);
  }

  /** Uploads codes [n, k]: a "codes" artifact. @param images what their rows are, the same as of the activations */
  uploadCodes(codes: Matrix, images = 'rows', options?: RunOptions): Promise<Ref> {
    const value = { rows: { images, first: 0 }, codes: { file: 'codes', tensor: 'z' } };
    return this.upload({ codes: encodeSafetensors([tensorOf('z', codes)]) }, { $case: 'codes', value }, options);
  }

  /** Uploads images U8 [n, height, width] or [n, height, width, channels], and their classes [n]: an "images" artifact. */
  uploadImages(images: Pick<Tensor, 'shape' | 'data'>, labels?: Int32Array, name = 'images', options?: RunOptions): Promise<Ref> {
    const tensors: Tensor[] = [{ ...images, name: 'images', dtype: 'U8' }];
    if (labels) tensors.push({ name: 'labels', dtype: 'I32', shape: [labels.length], data: labels });
    const [labelsPath, labelsTensor] = labels ? ['images', 'labels'] : ['', ''];
    const source = { $case: 'array' as const, value: { imagesPath: 'images', imagesTensor: 'images', labelsPath, labelsTensor } };
    return this.upload({ images: encodeSafetensors(tensors) }, { $case: 'images', value: { name, source } }, options);
  }

  /** Uploads an ONNX network, bytes or the path of its file: a "model" artifact. `taps`: needed where it has no residual blocks. */
  uploadNetwork(
    network: Content,
    preprocessing: activation.Preprocessing,
    name = 'network',
    taps: readonly string[] = [],
    options?: RunOptions,
  ): Promise<Ref> {
    const value = { name, preprocessing, taps: [...taps], file: 'network.onnx' };
    return this.upload({ 'network.onnx': network }, { $case: 'model', value }, options);
  }

  /** K of every feature: how much of the network it takes to compute it (docs/measures.md §4). Arrays are uploaded first. */
  async scores({ activations, codes, layers = [], probe, ...options }: ScoresRequest): Promise<FeatureTable> {
    const images = 'layers' in activations ? activations.images : undefined;
    const request = {
      activations: 'layers' in activations ? await this.uploadActivations(activations, options) : activations,
      codes: 'data' in codes ? await this.uploadCodes(codes, images, options) : codes,
      layers: [...layers],
      probe: { folds: 0, alphas: [], nullSeed: 0, withoutPublished: false, bits: 0, ...probe },
    };
    return this.table(await this.run(this.complexity, () => this.complexity.startMeasure(request), options));
  }

  /** Lets go of all connections. Operations go on. */
  close(): void {
    for (const client of this.#open) client.close();
  }
}

function tensorOf(name: string, { shape, data }: Matrix): Tensor {
  return { name, dtype: data instanceof Float32Array ? 'F32' : 'F64', shape, data };
}
