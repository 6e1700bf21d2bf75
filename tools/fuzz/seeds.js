/** Good inputs of each parser, made of the project's own fixtures and small enough that a change often hits what matters. */
const { readdirSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { gunzipSync, gzipSync } = require('node:zlib');
const { BinaryReader, BinaryWriter, WireType } = require('@bufbuild/protobuf/wire');
const { encodeSafetensors } = require('@fathom/tensors');

const root = resolve(__dirname, '../..');
const at = (...path) => join(root, ...path);
const json = (...path) => JSON.parse(readFileSync(at(...path), 'utf8'));

function npy() {
  const folder = at('libs/tensors/fixtures');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.npy'))
    .map((name) => readFileSync(join(folder, name)));
}

function safetensors() {
  const data = (count) => Float32Array.from({ length: count }, (_, i) => i / 7);
  const one = encodeSafetensors([{ name: 'x', dtype: 'F32', shape: [3, 2], data: data(6) }]);
  const two = encodeSafetensors([
    { name: 'a', dtype: 'F32', shape: [2], data: data(2) },
    { name: 'b', dtype: 'U8', shape: [2, 2, 1], data: new Uint8Array([1, 2, 3, 4]) },
  ]);
  return [Buffer.from(one), Buffer.from(two), readFileSync(at('libs/tensors/fixtures/numpy.safetensors'))];
}

function idx() {
  const images = gunzipSync(readFileSync(at('models/fashion/images/t10k-images-idx3-ubyte.gz'))).subarray(0, 16 + 2 * 784);
  const cut = Buffer.from(images);
  cut.writeUInt32BE(2, 4);
  const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]);
  return [cut, labels, gzipSync(cut), gzipSync(labels)];
}

/** The demo's network without the values of its large weights, which nobody looks at while it is described. */
function onnx() {
  const model = readFileSync(at('models/fashion/checkpoints/epoch-15.onnx'));
  const light = rewritten(model, {
    7: (graph) => rewritten(graph, { 5: (tensor) => rewritten(tensor, { 9: (raw) => (raw.length > 4096 ? new Uint8Array() : raw) }) }),
  });
  return [Buffer.from(light)];
}

/** A network of two kilobytes that can be run. */
function smallOnnx() {
  return [readFileSync(at('libs/engines/fixtures/two-blocks.onnx'))];
}

/** A layer and its labels. */
function labelledLayer() {
  const data = Float32Array.from({ length: 6 }, (_, i) => i / 7);
  return Buffer.from(
    encodeSafetensors([
      { name: 'x', dtype: 'F32', shape: [3, 2], data },
      { name: 'y', dtype: 'I64', shape: [3], data: BigInt64Array.of(0n, 2n, 1n) },
    ]),
  );
}

/** A protobuf message with some of its fields of bytes replaced. */
function rewritten(message, replacements) {
  const reader = new BinaryReader(message);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    writer.tag(number, wire);
    if (wire === WireType.LengthDelimited) {
      const bytes = reader.bytes();
      writer.bytes(replacements[number]?.(bytes) ?? bytes);
    } else writer.raw(reader.skip(wire, number));
  }
  return writer.finish();
}

function layers() {
  return { model: json('models/fashion/layers/model.json'), weights: readFileSync(at('models/fashion/layers/weights.bin')) };
}

module.exports = { at, json, npy, safetensors, labelledLayer, idx, onnx, smallOnnx, layers };
