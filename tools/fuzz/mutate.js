/** Makes inputs for parsers by changing good ones. Every input is a function of its seed alone, so that a number names it. */
const { Prng } = require('@fathom/exact');

const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const DIGITS = ['-1', '1e99', '0', '4294967296', '9007199254740991', '99999999999999999999'];
const TEXTS = ['', '\0', '../../etc/passwd', '__proto__', 'constructor', '-1', '1e999', '9007199254740993', 'NaN', '\ud800', 'x'.repeat(5000)];
const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
/** Stands for it in a value: what is so deep cannot be written back by JSON.stringify. */
const DEEP_HERE = '(deep)';
const VALUES = [null, true, -1, 0.5, 1e308, 2 ** 31, 2 ** 53, [], {}, [[]], { $case: 'idx' }];

/** The random numbers of one input of a parser. */
function drawsOf(parser, seed) {
  const prng = new Prng(seed, parser);
  return { below: (count) => prng.below(count), pick: (list) => list[prng.below(list.length)] };
}

/** What is large shows whose time or memory grows faster than its input. */
const LARGE = 2 ** 18;
const ONE_IN = 400;

/** One to eight changes of bytes. */
function mutateBytes(seeds, draws) {
  let bytes = Buffer.from(draws.pick(seeds));
  for (let left = 1 + draws.below(8); left > 0; left--) bytes = changeBytes(bytes, seeds, draws);
  return bytes;
}

function changeBytes(bytes, seeds, { below, pick }) {
  if (bytes.length === 0) return Buffer.from([below(256)]);
  const at = below(bytes.length);
  const length = 1 + below(Math.min(64, bytes.length - at));
  if (below(ONE_IN) === 0) return repeated(bytes, at, length);
  switch (below(9)) {
    case 0:
      bytes[at] ^= 1 << below(8);
      return bytes;
    case 1:
      bytes[at] = below(256);
      return bytes;
    case 2: // a size field that lies
      if (at + 4 <= bytes.length) bytes[below(2) ? 'writeUInt32LE' : 'writeUInt32BE'](pick(NUMBERS), at);
      return bytes;
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(TEXTS)), bytes.subarray(at)]);
    case 7: {
      const other = pick(seeds);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length + 1))]);
    }
    default: {
      // Another number where there is one in digits.
      const digits = [...bytes.subarray(0, 4096).toString('latin1').matchAll(/\d+/g)];
      if (digits.length === 0) return bytes;
      const { index, 0: found } = pick(digits);
      return Buffer.concat([bytes.subarray(0, index), Buffer.from(pick(DIGITS)), bytes.subarray(index + found.length)]);
    }
  }
}

/** The bytes with a piece of them again and again. */
function repeated(bytes, at, length) {
  const piece = bytes.subarray(at, at + length);
  return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(Math.max(length, LARGE - bytes.length), piece), bytes.subarray(at + length)]);
}

/** A JSON value with one to four of its values, names or lists changed. */
function mutateJson(seeds, draws) {
  let value = clone(draws.pick(seeds));
  for (let left = 1 + draws.below(4); left > 0; left--) value = changeValue(value, draws);
  return value;
}

function changeValue(value, draws) {
  const { below, pick } = draws;
  if (typeof value !== 'object' || value === null || below(8) === 0) return anyValue(draws);
  if (Array.isArray(value)) {
    if (value.length === 0 || below(6) === 0) return [...value, anyValue(draws)];
    const at = below(value.length);
    if (below(ONE_IN) === 0) return Array(Math.ceil(LARGE / (1 + JSON.stringify(value[at]).length))).fill(value[at]);
    if (below(8) === 0) return value.toSpliced(at, 1);
    return value.with(at, changeValue(value[at], draws));
  }
  const names = Object.keys(value);
  if (names.length === 0 || below(6) === 0) return { ...value, [pick(TEXTS)]: anyValue(draws) };
  if (below(ONE_IN) === 0) return { ...value, ...Object.fromEntries(Array.from({ length: LARGE / 16 }, (_, i) => [`name ${i}`, i])) };
  const name = pick(names);
  const { [name]: changed, ...rest } = value;
  if (below(8) === 0) return rest;
  return { ...value, [name]: changeValue(changed, draws) };
}

function anyValue({ below, pick }) {
  const kind = below(12);
  if (kind === 0) return DEEP_HERE;
  if (kind === 1) return Array.from({ length: 2000 }, (_, i) => i);
  return clone(kind < 6 ? pick(TEXTS) : pick(VALUES));
}

function clone(value) {
  return JSON.parse(JSON.stringify(value));
}

/** JSON text of a changed value, or changed text of a good one. */
function mutateText(values, texts, draws) {
  if (draws.below(3) > 0) return Buffer.from(JSON.stringify(mutateJson(values, draws)).replace(`"${DEEP_HERE}"`, DEEP));
  if (draws.below(50) === 0) return Buffer.from(DEEP);
  return mutateBytes(texts, draws);
}

module.exports = { drawsOf, mutateBytes, mutateJson, mutateText };
