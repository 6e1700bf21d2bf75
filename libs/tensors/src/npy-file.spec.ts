import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { InputError } from '@fathom/errors';
import { fileBytes, memoryBytes } from './byte-source.js';
import { openNpy } from './npy-file.js';
import { expected, fixture } from './tensors.fixture.js';
import { toFloat64 } from './to-float64.js';

/** An npy file with this header, whatever it says. */
function fileWith(header: string, dataBytes: number, version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]), length, Buffer.from(header, 'latin1'), Buffer.alloc(dataBytes)]);
}

const openBytes = (bytes: Uint8Array) => openNpy(memoryBytes('f.npy', bytes));

describe('an npy file', () => {
  it.each(Object.keys(expected.values))('of dtype %s is read as NumPy has it', async (name) => {
    const file = await openNpy(await fileBytes(fixture(`${name}.npy`)));
    expect(file.info.shape).toEqual([2, 3]);
    expect([...(await file.rows().read(0, 2))]).toEqual(expected.values[name]);
    expect([...(await file.rows().read(1, 2))]).toEqual(expected.values[name]!.slice(3));
    const out = file.rows().precision === 'F32' ? new Float32Array(3) : new Float64Array(3);
    await file.rows().readInto(1, 2, out);
    expect([...out]).toEqual(expected.values[name]!.slice(3));
    expect([...toFloat64(await file.tensor())]).toEqual(expected.values[name]);
    await file.close();
  });

  it.each([1, 2, 3])('of version %i is read', async (version) => {
    const file = await openNpy(await fileBytes(fixture(`version${version}.npy`)));
    expect([...(await file.rows().read(0, 2))]).toEqual(expected.values['f4']);
    await file.close();
  });

  it.each<[string, number[], number[]]>([
    ['vector', [5], [0, 1, 2, 3, 4]],
    ['scalar', [], [2.5]],
    ['empty', [0, 4], []],
  ])('that holds a %s is read', async (name, shape, values) => {
    const file = await openNpy(await fileBytes(fixture(`${name}.npy`)));
    expect(file.info.shape).toEqual(shape);
    const rows = file.rows();
    expect([...(await rows.read(0, rows.rows))]).toEqual(values);
    await file.close();
  });

  it.each([
    ['fortran', 'in Fortran (column-major) order; accepted: C order; write it again with numpy.ascontiguousarray'],
    ['big-endian', 'big-endian elements are not supported (got >f4); accepted: little-endian <f2, <f4'],
    ['complex', 'dtype not supported (got <c8)'],
    ['structured', 'dtype not supported (got [["x","<f4"],["y","<i4"]])'],
  ])('that is %s is refused', async (name, message) => {
    await expect(openNpy(await fileBytes(fixture(`${name}.npy`)))).rejects.toThrow(`${name}.npy: ${message}`);
  });

  it('that is refused is closed', async () => {
    const source = memoryBytes('f', new Uint8Array(3));
    const close = jest.spyOn(source, 'close');
    await expect(openNpy(source)).rejects.toThrow(InputError);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('in Fortran order is read where both orders are the same', async () => {
    const file = await openBytes(fileWith("{'descr': '|u1', 'fortran_order': True, 'shape': (1, 3)}", 3));
    expect(file.info).toEqual({ dtype: 'U8', shape: [1, 3] });
  });

  it.each([
    ['bytes of another format', Buffer.from('PK\x03\x04 and more bytes'), 'not an npy file'],
    ['nothing', new Uint8Array(0), 'not an npy file'],
    ['an unknown version', fileWith('', 0, 4), 'npy version not supported (got 4.0); accepted: 1.0, 2.0, 3.0'],
    ['no length', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), 'truncated (got 8); accepted: a file of 10 bytes'],
    ['half a header', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 0).subarray(0, 30), 'truncated (got 30)'],
    ['half an array', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 11), 'truncated'],
    ['more than an array', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 13), 'bytes after the array (got 1)'],
    ['a header too long', Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff', 'latin1'), 'header too long (got 4294967295)'],
    ['a huge shape', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}", 4), 'its shape is too large'],
    ['no dict', fileWith('[1]', 4), 'its header cannot be read (got [1])'],
    ['code in place of a dict', fileWith("{'descr': __import__('os')}", 4), 'its header cannot be read'],
    ['a field twice', fileWith("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4), 'its header cannot be read'],
    ['a field missing', fileWith("{'descr': '<f4', 'shape': ()}", 4), 'its header does not describe an array'],
    ['a field more', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", 4), 'its header does not describe an array'],
    ['something after the dict', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': ()} 1", 4), 'its header cannot be read'],
    ['a negative size', fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4), 'its header cannot be read'],
    ['brackets within brackets', fileWith(`{'shape': ${'('.repeat(500_000)}`, 0, 2), 'its header cannot be read'],
    ['a dict without end', fileWith("{'descr': '<f4', 'shape': (1", 4), 'its header cannot be read'],
  ])('of %s is refused', async (_what, bytes, message) => {
    await expect(openBytes(bytes)).rejects.toThrow(`f.npy: ${message}`);
  });

  it('that was damaged anywhere is read or refused with the file named, never anything else', async () => {
    const whole = readFileSync(fixture('f4.npy'));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }), async (at, value) => {
        await expect(openBytes(whole.subarray(0, at))).rejects.toThrow(InputError);
        const outcome = await openBytes(Uint8Array.from(whole).with(at, value)).catch((thrown: unknown) => thrown);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InputError);
      }),
      { numRuns: 500 },
    );
  });
});
