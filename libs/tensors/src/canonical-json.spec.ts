import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

/** The same value with the names of its objects in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, each]) => [name, reversed(each)]),
  );
}

describe('canonical JSON', () => {
  it('sorts names by code units and has no white space', () => {
    expect(canonicalJson({ b: [1, 'x', null, true], a: { ﬀ: 1, '😀': 2, Z: -0 }, '10': 1, '9': 2 })).toBe(
      '{"10":1,"9":2,"a":{"Z":0,"😀":2,"ﬀ":1},"b":[1,"x",null,true]}',
    );
    expect(canonicalJson(1e21)).toBe('1e+21');
    expect(canonicalJson(0.1)).toBe('0.1');
    expect(canonicalJson(Object.assign(Object.create(null) as object, { a: 1 }))).toBe('{"a":1}');
  });

  it('does not depend on the order of names, and means the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each<[string, unknown, string]>([
    ['NaN', { a: [0, NaN] }, 'request.a[1]: cannot be written as JSON (got NaN)'],
    ['an infinity', Infinity, 'request: cannot be written as JSON (got Infinity)'],
    ['undefined', { a: undefined }, 'request.a: cannot be written as JSON (got undefined)'],
    ['a hole', [1, , 3], 'request[1]: cannot be written as JSON (got undefined)'], // eslint-disable-line no-sparse-arrays
    ['a bigint', { a: 1n }, 'request.a: cannot be written as JSON (got 1)'],
    ['a typed array', { a: new Float64Array(1) }, 'request.a: cannot be written as JSON (got Float64Array)'],
    ['a Map', new Map(), 'request: cannot be written as JSON (got Map)'],
    ['a function', { a: () => 1 }, 'request.a: cannot be written as JSON'],
  ])('refuses %s', (_what, value, message) => {
    expect(() => canonicalJson(value, 'request')).toThrow(message);
  });

  it('refuses a cycle, but not the same object twice', () => {
    const shared = { x: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"x":1},{"x":1}]');
    const cycle: { self?: unknown } = {};
    cycle.self = [cycle];
    expect(() => canonicalJson(cycle)).toThrow('value.self[0]: cannot be written as JSON');
  });

  it('refuses what nests deeper than the stack might bear', () => {
    const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(canonicalJson(nested(500))).toHaveLength(1000);
    expect(() => canonicalJson(nested(501))).toThrow('at most 500 deep');
    expect(() => canonicalJson(nested(50_000))).toThrow('cannot be written as JSON');
  });
});
