import { InputError } from '@fathom/errors';
import { byteRows } from './byte-rows.js';
import { openOver, type ByteSource } from './byte-source.js';
import type { DType } from './dtype.js';
import type { RowSource } from './row-source.js';
import { headerLength, parseHeader, type SafetensorsEntry, type SafetensorsHeader } from './safetensors-header.js';
import { tensorOver, type Tensor } from './tensor.js';

/** A safetensors file whose header has been read and checked; its tensors are read when asked for. */
export class SafetensorsFile {
  /** Names of the tensors in the order of their bytes. */
  readonly names: readonly string[];
  /** The `__metadata__` of the header. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #source: ByteSource;
  readonly #dataStart: number;
  readonly #entries: ReadonlyMap<string, SafetensorsEntry>;

  constructor(source: ByteSource, header: SafetensorsHeader, dataStart: number) {
    this.names = header.entries.map((entry) => entry.name);
    this.metadata = header.metadata;
    this.#source = source;
    this.#dataStart = dataStart;
    this.#entries = new Map(header.entries.map((entry) => [entry.name, entry]));
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws InputError when there is no such tensor. */
  info(name: string): { dtype: DType; shape: readonly number[] } {
    const { dtype, shape } = this.#entry(name);
    return { dtype, shape };
  }

  /**
   * The rows of a tensor, read by ranges. The first `rowDimensions` dimensions together are the rows.
   * @throws InputError when there is no such tensor.
   */
  rows(name: string, rowDimensions = 1): RowSource {
    const { dtype, shape, begin } = this.#entry(name);
    const rows = shape.slice(0, rowDimensions).reduce((product, size) => product * size, 1);
    return byteRows(`${this.#source.name}: ${name}`, this.#source, this.#dataStart + begin, dtype, [rows, ...shape.slice(rowDimensions)]);
  }

  /** A whole tensor, in memory. @throws InputError when there is no such tensor. */
  async tensor(name: string): Promise<Tensor> {
    const { dtype, shape, begin, end } = this.#entry(name);
    return tensorOver(name, dtype, shape, await this.#source.read(this.#dataStart + begin, end - begin));
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #entry(name: string): SafetensorsEntry {
    const entry = this.#entries.get(name);
    if (entry === undefined)
      throw new InputError({
        field: this.#source.name,
        problem: 'has no such tensor',
        value: name,
        accepted: this.names.join(', ') || 'a file with tensors',
      });
    return entry;
  }
}

/**
 * Opens a safetensors file: reads and checks its header, and nothing else. The source is the file's from now on, and closed if it is refused.
 * @throws InputError naming the file and the tensor
 */
export function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  return openOver(source, readHeader);
}

async function readHeader(source: ByteSource): Promise<SafetensorsFile> {
  if (source.size < 8)
    throw new InputError({
      field: source.name,
      problem: 'too short for a safetensors file',
      value: source.size,
      accepted: 'at least 8 bytes',
    });
  const length = headerLength(await source.read(0, 8), source.size, source.name);
  const header = parseHeader(await source.read(8, length), source.size - 8 - length, source.name);
  return new SafetensorsFile(source, header, 8 + length);
}
