import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A type of bytes, as onnxruntime names it. */
export type ByteType = 'uint8' | 'int8';

const ELEMENT_TYPES = { uint8: 2, int8: 3, int32: 6 } as const;
const IR_VERSION = 8;
/** Operators as of this set; MatMulInteger is there since 10. */
const OPSET = 13;
/** Unsigned bytes are read less this, their zero point. */
const ZERO_POINT = 128;

/**
 * A serialized ONNX model: product [rows, columns] of int32 = (left [rows, steps] − its zero point)·(right [steps, columns] − its
 * zero point). The zero point is 128 for unsigned bytes and 0 for signed ones.
 */
export function matMulIntegerModel(left: ByteType, right: ByteType): Uint8Array {
  const to = new BinaryWriter();
  integer(to, 1, IR_VERSION);
  message(to, 7, () => {
    const zeroPoints = right === 'uint8' ? ['leftZero', 'rightZero'] : left === 'uint8' ? ['leftZero'] : [];
    message(to, 1, () => {
      for (const name of ['left', 'right', ...zeroPoints]) text(to, 1, name);
      text(to, 2, 'product');
      text(to, 4, 'MatMulInteger');
    });
    text(to, 2, 'product');
    for (const name of zeroPoints) writeZeroPoint(to, name, name === 'leftZero' ? left : right);
    writeValue(to, 11, 'left', left, ['rows', 'steps']);
    writeValue(to, 11, 'right', right, ['steps', 'columns']);
    writeValue(to, 12, 'product', 'int32', ['rows', 'columns']);
  });
  message(to, 8, () => {
    text(to, 1, '');
    integer(to, 2, OPSET);
  });
  return to.finish();
}

function writeZeroPoint(to: BinaryWriter, name: string, type: ByteType): void {
  message(to, 5, () => {
    integer(to, 2, ELEMENT_TYPES[type]);
    text(to, 8, name);
    to.tag(9, WireType.LengthDelimited).bytes(Uint8Array.of(type === 'uint8' ? ZERO_POINT : 0));
  });
}

function writeValue(to: BinaryWriter, field: number, name: string, type: keyof typeof ELEMENT_TYPES, shape: readonly string[]): void {
  message(to, field, () => {
    text(to, 1, name);
    message(to, 2, () =>
      message(to, 1, () => {
        integer(to, 1, ELEMENT_TYPES[type]);
        message(to, 2, () => {
          for (const size of shape) message(to, 1, () => text(to, 2, size));
        });
      }),
    );
  });
}

function message(to: BinaryWriter, field: number, write: () => void): void {
  to.tag(field, WireType.LengthDelimited).fork();
  write();
  to.join();
}

function text(to: BinaryWriter, field: number, value: string): void {
  to.tag(field, WireType.LengthDelimited).string(value);
}

function integer(to: BinaryWriter, field: number, value: number): void {
  to.tag(field, WireType.Varint).int64(value);
}
