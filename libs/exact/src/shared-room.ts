/**
 * Shared memory that is used again once what was kept in it is let go of: fresh pages cost more than what is written to them.
 */
export class SharedRoom {
  private readonly buffers: SharedArrayBuffer[] = [];
  private next = 0;

  /** @param reserved bytes that the first, the second… piece will grow to, so that it is made only once @default none */
  constructor(private readonly reserved: readonly number[] = []) {}

  /** Lets go of all that was kept here. */
  reuse(): void {
    this.next = 0;
  }

  /** At least so many bytes, of which nothing is known. */
  take(bytes: number): SharedArrayBuffer {
    const at = this.next++;
    const known = this.buffers[at];
    if (known !== undefined && known.byteLength >= bytes) return known;
    const buffer = new SharedArrayBuffer(Math.max(bytes, this.reserved[at] ?? 0));
    this.buffers[at] = buffer;
    return buffer;
  }
}
