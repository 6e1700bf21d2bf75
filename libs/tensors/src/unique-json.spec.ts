import fc from 'fast-check';
import { duplicateName } from './unique-json.js';

describe('a name twice in an object', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"x":{"shape":[1],"b":{},"shape":[2]}}', 'shape'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['[{"a":1},{"b":[{"q\\"":1 , "q\\"" : 2}]}]', 'q"'],
    ['{"a":{},"b":1,"a":3}', 'a'],
  ])('is found in %s', (json, name) => {
    expect(JSON.parse(json)).toBeDefined();
    expect(duplicateName(json)).toBe(name);
  });

  it.each(['{"a":"a","b":"a"}', '[{"a":1},{"a":1}]', '{"a":{"a":{"a":1}}}', '{"a":["a","a",{"a":1}]}', '{"a,":1,"a":"\\\\"}', '"a"', '{}'])(
    'is not seen where there is none: %s',
    (json) => {
      expect(duplicateName(json)).toBeUndefined();
    },
  );

  it('never is in what JSON.stringify writes, and is found once it is added', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, name) => {
        expect(duplicateName(JSON.stringify(value, null, 1))).toBeUndefined();
        const twice = `{${JSON.stringify(name)}:${JSON.stringify(value)},${JSON.stringify(name)}:0}`;
        expect(duplicateName(`[${JSON.stringify(value)},${twice}]`)).toBe(name);
      }),
    );
  });
});
