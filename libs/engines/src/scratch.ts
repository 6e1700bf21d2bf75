/** Memory of this thread alone that grows to what was asked for most, and is used again. */
export class Scratch {
  private memory = new ArrayBuffer(0);

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.grown(length), 0, length);
  }

  int32(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.grown(4 * length), 0, length);
  }

  /** Whole words, so that bytes may be changed four at a time. */
  private grown(bytes: number): ArrayBuffer {
    if (this.memory.byteLength < bytes) this.memory = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
    return this.memory;
  }
}
