import { CODE } from './gen/code.js';

/** Where a value is in {@link Kernels.memory}, in bytes. */
export type Address = number;

/**
 * Loops over numbers in WebAssembly, which works on several values at a time where plain code works on one: three to four times as fast,
 * and the same bits, for its float64 is IEEE 754's, and no product is fused with a sum. What they take and give lies in their memory;
 * libs/kernels/assembly says what each does.
 */
export interface Kernels {
  readonly memory: KernelMemory;
  largestOfColumns(values: Address, pitch: number, rows: number, columns: number, most: Address): void;
  largestOfRows(values: Address, pitch: number, rows: number, columns: number, most: Address): void;
  cutColumns(values: Address, pitch: number, scales: Address, rows: number, columns: number, digits: number, to: Address, apart: number): void;
  cutRows(values: Address, pitch: number, scales: Address, rows: number, columns: number, digits: number, levels: number, to: Address): void;
  cutStacked(values: Address, scales: Address, rows: number, columns: number, digits: number, to: Address): void;
  cutBytes(values: Address, isDouble: number, scales: Address, rows: number, columns: number, to: Address, apart: number, squares: Address): number;
  cutFixed(
    values: Address,
    pitch: number,
    isDouble: number,
    centres: Address,
    scales: Address,
    rows: number,
    columns: number,
    digits: number,
    to: Address,
    apart: number,
    sums: Address,
    squares: Address,
    positive: Address,
  ): number;
  combineLevels(
    sums: Address,
    apart: number,
    levels: number,
    rows: number,
    columns: number,
    rowFactors: Address,
    columnFactors: Address,
    mode: number,
    multiples: Address,
    there: Address,
    therePitch: number,
    out: Address,
    outPitch: number,
  ): void;
  factorise(matrix: Address, size: number): number;
  solveRows(factor: Address, inverse: Address, size: number, x: Address, pitch: number, rows: number, turned: Address): void;
  centreRows(
    x: Address,
    xPitch: number,
    y: Address,
    yPitch: number,
    rows: number,
    columns: number,
    coefficients: Address,
    terms: number,
    vectors: Address,
    columnScales: Address,
    out: Address,
    outPitch: number,
  ): void;
  gainOfRows(
    weights: Address,
    weightPitch: number,
    images: Address,
    imagePitch: number,
    values: Address,
    valuePitch: number,
    rows: number,
    columns: number,
    gain: Address,
  ): void;
  updateCodes(
    source: Address,
    target: Address,
    products: Address,
    gram: Address,
    first: number,
    last: number,
    rows: number,
    r: number,
    side: Address,
  ): void;
  settleCodes(codes: Address, before: Address, scales: Address, rows: number, r: number, most: number, reach: number): void;
  updateAtoms(atoms: Address, products: Address, pitch: number, gram: Address, first: number, last: number, r: number, columns: number): void;
  joinLevels(levels: Address, pitch: number, rows: number, columns: number, count: number, units: Address, out: Address): void;
  transposeBytes(from: Address, pitch: number, rows: number, columns: number, flip: number, to: Address, line: number): void;
  joinProducts(
    top: Address,
    left: Address,
    right: Address,
    bottom: Address,
    rows: number,
    columns: number,
    isAdded: number,
    out: Address,
    pitch: number,
  ): void;
  columnExtremes(values: Address, isDouble: number, rows: number, columns: number, min: Address, max: Address): number;
}

/** One and the same memory, as bytes and as numbers. It never grows. What lies in it holds until the next caller uses it. */
export interface KernelMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly int32: Int32Array<ArrayBuffer>;
  readonly float64: Float64Array<ArrayBuffer>;
}

const PAGE = 65_536;
/** 512 MiB, of which only what is used takes memory. */
const PAGES = 8192;
/** The first page is left alone: address 0 means 'none'. */
const FIRST: Address = PAGE;
/** The first 8 MiB are for what a call copies here: that should fit a processor's cache anyway. After them is what is kept. */
const KEPT: Address = 128 * PAGE;

/** What is used of WebAssembly; TypeScript declares it together with all of the browser. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

let made: Kernels | undefined;

/** The kernels of this thread; compiled when they are first asked for. */
export function kernels(): Kernels {
  return (made ??= make());
}

function make(): Kernels {
  const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const memory = new Memory({ initial: PAGES, maximum: PAGES });
  const code = Uint8Array.from(atob(CODE), (character) => character.charCodeAt(0));
  const { exports } = new Instance(new Module(code), { env: { memory } });
  const { buffer } = memory;
  const views = { bytes: new Uint8Array(buffer), int32: new Int32Array(buffer), float64: new Float64Array(buffer) };
  return { ...(exports as Omit<Kernels, 'memory'>), memory: views };
}

/** Addresses for parts of the kernels' memory that a call uses, one after the other, with some room after each that loops may write over. */
export class KernelLayout {
  private next = FIRST;

  /** @throws RangeError where the memory is not large enough: callers cut their work so that it is */
  take(bytes: number): Address {
    const at = this.next;
    this.next = (at + bytes + 16 + 63) & ~63;
    if (this.next > KEPT) throw new RangeError(`${this.next} bytes of kernels' memory asked for, there are ${KEPT}`);
    return at;
  }
}

let end: Address = KEPT;
/** What was given back. */
const free: Uint8Array<ArrayBuffer>[] = [];

/**
 * Bytes of the kernels' memory that are kept for as long as the thread lives, so that what lies there need not be copied to be worked on;
 * of memory of their own where there are not as many left. Of what is in them nothing is known.
 * @param instead bytes that were kept before, and are not used any more
 */
export function keptBytes(length: number, instead?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { buffer } = kernels().memory.bytes;
  if (instead?.buffer === buffer) free.push(instead);
  const fitting = free.filter((bytes) => bytes.length >= length).sort((a, b) => a.length - b.length)[0];
  if (fitting !== undefined) {
    free.splice(free.indexOf(fitting), 1);
    return fitting;
  }
  const at = end;
  const next = (at + length + 16 + 63) & ~63;
  if (next > PAGES * PAGE) return new Uint8Array(length);
  end = next;
  return new Uint8Array(buffer, at, length);
}
