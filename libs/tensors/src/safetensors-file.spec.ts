import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InputError } from '@fathom/errors';
import { fileBytes, memoryBytes } from './byte-source.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors-bytes.js';
import { openSafetensors } from './safetensors-file.js';
import { anyTensors, expected, fixture } from './tensors.fixture.js';
import { tensorBytes } from './tensor.js';
import { toFloat64 } from './to-float64.js';

/** A file with this header, whatever it says. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const json = Buffer.isBuffer(header) ? header : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = Buffer.alloc(8 + json.length + dataBytes);
  bytes.writeBigUInt64LE(BigInt(json.length));
  json.copy(bytes, 8);
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, ...data_offsets: unknown[]): object => ({ dtype, shape, data_offsets });

describe('a safetensors file', () => {
  it('gives back the tensors that were written, whole and by rows', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, fc.nat(), async (tensors, cut) => {
        const bytes = encodeSafetensors(tensors, { note: 'é' });
        const file = await openSafetensors(memoryBytes('f', bytes));
        const decoded = decodeSafetensors(bytes, 'f');
        expect(file.metadata).toEqual({ note: 'é' });
        expect([...file.names]).toEqual([...decoded.keys()]);
        expect([...file.names].sort()).toEqual(tensors.map((tensor) => tensor.name).sort());
        for (const tensor of tensors) {
          const whole = await file.tensor(tensor.name);
          expect(whole).toMatchObject({ name: tensor.name, dtype: tensor.dtype, shape: [...tensor.shape] });
          expect(tensorBytes(whole)).toEqual(tensorBytes(tensor));
          expect(decoded.get(tensor.name)).toEqual(whole);
          expect(decoded.get(tensor.name)!.data.buffer).toBe(bytes.buffer);
          const rows = file.rows(tensor.name);
          const from = cut % (rows.rows + 1);
          const values = [...(await rows.read(0, from)), ...(await rows.read(from, rows.rows))];
          expect(values).toEqual([...toFloat64(tensor)]);
        }
      }),
    );
  });

  it('of the safetensors package is read as NumPy has it', async () => {
    const file = await openSafetensors(await fileBytes(fixture('numpy.safetensors')));
    for (const [name, values] of Object.entries(expected.values)) expect([...(await file.rows(name).read(0, 2))]).toEqual(values);
    expect(file.info('f2')).toEqual({ dtype: 'F16', shape: [2, 3] });
    expect(file.info('empty')).toEqual({ dtype: 'F32', shape: [0, 4] });
    expect(await file.rows('scalar').read(0, 1)).toEqual(Float64Array.of(2.5));
    expect(file.metadata).toEqual({ made: 'by safetensors' });
    expect(file.has('f4') && !file.has('toString')).toBe(true);
    expect(() => file.info('f3')).toThrow(/has no such tensor \(got f3\); accepted: .*f4/);
    await file.close();
  });

  it('may be read with several leading dimensions as rows', async () => {
    const tensor = { name: 'z', dtype: 'F64', shape: [2, 3, 2], data: Float64Array.from({ length: 12 }, (_, i) => i) } as const;
    const file = await openSafetensors(memoryBytes('f', encodeSafetensors([tensor])));
    expect(file.rows('z', 2)).toMatchObject({ rows: 6, columns: 2 });
    expect(await file.rows('z', 2).read(2, 4)).toEqual(Float64Array.of(4, 5, 6, 7));
    expect(file.rows('z', 3)).toMatchObject({ rows: 12, columns: 1 });
  });

  it('puts wider elements first, so that every tensor is aligned', () => {
    const narrow = { name: 'a', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) } as const;
    const wide = { name: 'b', dtype: 'F64', shape: [1], data: Float64Array.of(1) } as const;
    expect([...decodeSafetensors(encodeSafetensors([narrow, wide]), 'f').keys()]).toEqual(['b', 'a']);
    expect([...decodeSafetensors(encodeSafetensors([{ ...narrow, name: 'z' }, narrow]), 'f').keys()]).toEqual(['z', 'a']);
  });

  it('of more than 2 GiB is read by ranges', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tensors-'));
    try {
      const rows = 10_000_000;
      const header = fileWith({ x: entry('F32', [rows, 64], 0, rows * 256) }, 0);
      const path = join(folder, 'large.safetensors');
      const out = await open(path, 'w');
      await out.write(header, 0, header.length, 0);
      await out.write(new Uint8Array(Float32Array.of(1.5, -2).buffer), 0, 8, header.length + rows * 256 - 8);
      await out.truncate(header.length + rows * 256);
      await out.close();
      const file = await openSafetensors(await fileBytes(path));
      const last = await file.rows('x').read(rows - 2, rows);
      expect(last).toHaveLength(128);
      expect([...last.subarray(125)]).toEqual([0, 1.5, -2]);
      await file.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that was damaged anywhere is read or refused with the file named, never anything else', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), async (tensors, at, value, truncate) => {
        const bytes = encodeSafetensors(tensors);
        const damaged = truncate ? bytes.slice(0, at % bytes.length) : bytes.with(at % bytes.length, value);
        const outcome = await openSafetensors(memoryBytes('damaged.safetensors', damaged)).catch((thrown: unknown) => thrown);
        if (truncate) expect(outcome).toBeInstanceOf(InputError);
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(InputError);
          expect((outcome as InputError).field).toMatch(/^damaged\.safetensors/);
        }
      }),
      { numRuns: 500 },
    );
  });

  const good = entry('F32', [2, 2], 0, 16);
  it.each<[string, unknown, number, string]>([
    ['header that is no JSON', '{"a":', 0, 'f: its header is no JSON'],
    ['header that is no object', [1], 0, 'f: its header is no JSON object'],
    ['header that is no UTF-8', Buffer.from('{"\xff":1}', 'latin1'), 0, 'f: its header is no JSON'],
    [
      'name twice',
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      0,
      'f: a: occurs twice in the header',
    ],
    ['property twice', '{"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}}', 0, 'f: dtype: occurs twice in the header'],
    ['entry that is no object', { a: 1 }, 0, 'f: a: not described (got 1)'],
    ['unknown property', { a: { ...good, more: 1 } }, 16, 'f: a: unknown property (got more)'],
    [
      'unknown dtype',
      { a: entry('F8_E4M3', [1], 0, 1) },
      1,
      'f: a: dtype not supported (got F8_E4M3); accepted: F16, BF16, F32, F64, I8, U8, I16, I32, I64, BOOL',
    ],
    ['dtype of an inherited name', { a: entry('constructor', [1], 0, 1) }, 1, 'f: a: dtype not supported'],
    ['shape that is none', { a: entry('U8', '4', 0, 4) }, 4, 'f: a: no shape (got 4)'],
    ['negative dimension', { a: entry('U8', [-1, -4], 0, 4) }, 4, 'f: a: a dimension of its shape is no size (got [-1,-4])'],
    ['huge shape', { a: entry('U8', [2 ** 40, 2 ** 40], 0, 4) }, 4, 'f: a: its shape is too large'],
    ['huge shape without elements', { a: entry('U8', [0, 2 ** 40, 2 ** 40], 0, 0) }, 0, 'f: a: its shape is too large'],
    ['offsets that are none', { a: entry('U8', [4], 0) }, 4, 'f: a: no data_offsets (got [0])'],
    ['offsets that are not whole', { a: entry('U8', [4], 0, 4.5) }, 4, 'f: a: no data_offsets'],
    [
      'offsets outside the file',
      { a: entry('F32', [2, 2], 0, 16) },
      15,
      'f: a: data_offsets outside the file (got [0,16]); accepted: 0 ≤ begin ≤ end ≤ 15',
    ],
    ['offsets backwards', { a: entry('U8', [4], 8, 4) }, 8, 'f: a: data_offsets outside the file (got [8,4])'],
    ['size that does not fit', { a: entry('F32', [2, 2], 0, 12) }, 12, 'f: a: data_offsets do not fit F32 [2, 2] (got [0,12]); accepted: 16 bytes'],
    [
      'overlap',
      { a: good, b: entry('F32', [2, 2], 8, 24) },
      24,
      'f: b: overlaps the tensor before it (got [8,24]); accepted: data that begins at 16',
    ],
    ['two tensors in one place', { a: good, b: good }, 16, 'f: b: overlaps the tensor before it'],
    ['hole', { a: good, b: entry('U8', [4], 20, 24) }, 24, 'f: b: bytes before it belong to no tensor'],
    ['hole at the start', { a: entry('U8', [4], 4, 8) }, 8, 'f: a: bytes before it belong to no tensor'],
    ['hole at the end', { a: good }, 20, 'f: the last bytes belong to no tensor (got 4); accepted: 16 bytes after the header'],
    ['metadata of another type', { __metadata__: { a: 1 } }, 0, 'f: __metadata__: wrong type'],
  ])('with a %s is refused', async (_what, header, dataBytes, message) => {
    const bytes = fileWith(header, dataBytes);
    await expect(openSafetensors(memoryBytes('f', bytes))).rejects.toThrow(message);
    expect(() => decodeSafetensors(bytes, 'f')).toThrow(message);
  });

  it('whose length field lies is refused, without reading what is not there', async () => {
    const lying = (length: bigint): Uint8Array => {
      const bytes = Buffer.from(fileWith({ a: good }, 16));
      bytes.writeBigUInt64LE(length);
      return bytes;
    };
    await expect(openSafetensors(memoryBytes('f', lying(2n ** 64n - 1n)))).rejects.toThrow(
      'f: header too long: not a safetensors file, or damaged (got "18446744073709551615"); accepted: at most 100000000 bytes',
    );
    await expect(openSafetensors(memoryBytes('f', lying(100_000_001n)))).rejects.toThrow('header too long');
    await expect(openSafetensors(memoryBytes('f', lying(5000n)))).rejects.toThrow('f: truncated: its header has 5000 bytes');
    await expect(openSafetensors(memoryBytes('f', new Uint8Array(7)))).rejects.toThrow('f: too short for a safetensors file (got 7)');
  });

  it('that is refused is closed', async () => {
    const source = memoryBytes('f', new Uint8Array(3));
    const close = jest.spyOn(source, 'close');
    await expect(openSafetensors(source)).rejects.toThrow(InputError);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('may be empty, and may hold tensors without elements anywhere', async () => {
    expect((await openSafetensors(memoryBytes('f', encodeSafetensors([])))).names).toEqual([]);
    const header = { z: entry('F32', [0, 3], 4, 4), b: entry('U8', [4], 0, 4), a: entry('U8', [2, 0], 0, 0), c: entry('U8', [0], 4, 4) };
    expect((await openSafetensors(memoryBytes('f', fileWith(header, 4)))).names).toEqual(['a', 'b', 'c', 'z']);
  });
});

describe('tensors that cannot be written', () => {
  const tensor = { name: 'a', dtype: 'U8', shape: [1], data: Uint8Array.of(1) } as const;

  it.each([
    ['two of one name', [tensor, tensor]],
    ['a reserved name', [{ ...tensor, name: '__metadata__' }]],
    ['no name', [{ ...tensor, name: '' }]],
  ])('%s are refused', (_what, tensors) => {
    expect(() => encodeSafetensors(tensors)).toThrow('tensors: a name cannot be used, or is used twice');
  });

  it('one whose shape lies is refused', () => {
    expect(() => encodeSafetensors([{ ...tensor, shape: [2] }])).toThrow('a: wrong number of elements for shape [2]');
  });
});
