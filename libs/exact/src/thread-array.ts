import { keptBytes } from '@fathom/kernels';

/** The kinds of arrays that threads keep. */
type Numbers = Float64Array | Int32Array | Int8Array | Uint8Array;

const arrays = new Map<string, Uint8Array<ArrayBuffer>>();

/**
 * An array of this thread that is used again and again, where there is room in the kernels' memory: fresh pages cost more than what is
 * written to them, and so does copying. Of what is in it nothing is known. Whoever uses a name has it to itself until its task ends,
 * since a thread runs one task at a time; an array of it must not be sent to another thread.
 */
export function threadArray<T extends Numbers>(
  name: string,
  kind: { new (buffer: ArrayBuffer, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
): T {
  const bytes = length * kind.BYTES_PER_ELEMENT;
  let known = arrays.get(name);
  if (known === undefined || known.length < bytes) arrays.set(name, (known = keptBytes(bytes, known)));
  return new kind(known.buffer, known.byteOffset, length);
}
