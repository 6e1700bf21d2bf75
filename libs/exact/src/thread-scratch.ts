/** Memory of this thread that is used again and again: fresh pages cost more than what is written to them. */
const buffers = new Map<string, ArrayBuffer>();

/**
 * At least so many bytes, of which nothing is known. Whoever uses a name has the buffer to itself until its task ends, since a
 * thread runs one task at a time.
 */
export function threadScratch(name: string, bytes: number): ArrayBuffer {
  const known = buffers.get(name);
  if (known !== undefined && known.byteLength >= bytes) return known;
  const buffer = new ArrayBuffer(bytes);
  buffers.set(name, buffer);
  return buffer;
}
