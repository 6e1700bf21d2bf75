import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** One field of a serialized protobuf message. Its value is read by one of the methods, or left unread. */
export class WireField {
  constructor(
    /** The field's number in the message's schema. */
    readonly number: number,
    private readonly wireType: WireType,
    private readonly reader: BinaryReader,
  ) {}

  /** A view of the bytes of a message, string or byte field. */
  bytes(): Uint8Array {
    this.expect(WireType.LengthDelimited);
    return this.reader.bytes();
  }

  text(): string {
    this.expect(WireType.LengthDelimited);
    return this.reader.string();
  }

  /** An int32, int64 or enum value. Throws beyond ±2^53. */
  integer(): number {
    this.expect(WireType.Varint);
    return safeInteger(this.reader.int64());
  }

  float(): number {
    this.expect(WireType.Bit32);
    return this.reader.float();
  }

  /** Appends the values of a repeated integer field: all of them where they are packed, else one. */
  appendIntegers(to: number[]): void {
    if (this.wireType !== WireType.LengthDelimited) {
      to.push(this.integer());
      return;
    }
    const packed = new BinaryReader(this.reader.bytes());
    while (packed.pos < packed.len) to.push(safeInteger(packed.int64()));
  }

  /** A view of the values of a repeated float field, packed or not: 4 bytes each, little-endian. */
  floatBytes(): Uint8Array {
    return this.wireType === WireType.LengthDelimited ? this.reader.bytes() : this.skipBit32();
  }

  private skipBit32(): Uint8Array {
    this.expect(WireType.Bit32);
    return this.reader.skip(WireType.Bit32);
  }

  private expect(wireType: WireType): void {
    if (this.wireType !== wireType) throw new Error(`field ${this.number} has wire type ${this.wireType}`);
  }
}

/** The fields of a serialized message in the order they come. Throws where the bytes are no message. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const start = reader.pos;
    yield new WireField(number, wireType, reader);
    // A value takes at least a byte: a position that did not move is a field nobody wanted.
    if (reader.pos === start) reader.skip(wireType, number);
  }
}

function safeInteger(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`integer ${value} is out of range`);
  return number;
}
