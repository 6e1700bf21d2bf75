import fc from 'fast-check';
import { embeddedJson } from './embedded-json.js';

test('a script element cannot be ended or opened from inside the data', () => {
  const text = embeddedJson({ a: '</script><!--<script>', b: '\u2028\u2029' });
  expect(text).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual({ a: '</script><!--<script>', b: '\u2028\u2029' });
});

test('what is embedded reads back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(embeddedJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
