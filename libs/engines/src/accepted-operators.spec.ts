import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MICROSOFT_OPERATORS, STANDARD_OPERATORS } from './accepted-operators.js';
import { describeNetwork } from './network-description.js';
import { network } from './networks.fixture.js';
import { onnxFile } from './onnx-file.fixture.js';

const withOperator = (operator: string, domain?: string) => () =>
  describeNetwork(onnxFile(network([[operator, ['stem'], ['y'], {}, domain]], 'y')), { taps: ['stem'] });

describe('an operator', () => {
  it.each([
    ...['If', 'Loop', 'Scan', 'SequenceMap', 'SequenceAt', 'SequenceEmpty', 'Optional', 'OptionalGetElement', 'StringNormalizer', 'StringConcat'],
    ...['RegexFullMatch', 'TfIdfVectorizer', 'RandomNormal', 'Bernoulli', 'ImageDecoder', 'Unknown', ''],
  ])('that no forward pass of a vision network needs is refused, by name and node: "%s"', (operator) => {
    expect(withOperator(operator)).toThrow(
      expect.objectContaining({
        reason: 'UNSUPPORTED_MODEL',
        message: expect.stringContaining(
          `model: operator ${operator} of node "y" is not accepted; accepted: the operators that docs/security.md lists`,
        ),
      }),
    );
  });

  it.each([
    ['Relu', 'ai.onnx.ml'],
    ['Relu', 'example.com'],
    ['Relu', 'com.microsoft'],
    ['FusedConv', 'com.microsoft'],
  ])('of others is refused: %s of %s', (operator, domain) => {
    expect(withOperator(operator, domain)).toThrow(`model: operator ${domain}.${operator} of node "y" is not accepted`);
  });

  it('with an endless name is refused, and cut short', () => {
    expect(withOperator('x'.repeat(5000))).toThrow(`operator ${'x'.repeat(100)}… of node`);
  });

  it.each([
    ['Relu', ''],
    ['Relu', 'ai.onnx'],
    ['FastGelu', 'com.microsoft'],
  ])('that is needed is taken: %s of "%s"', (operator, domain) => {
    expect(withOperator(operator, domain)().taps).toEqual(['stem']);
  });

  it('is in the list of docs/security.md exactly where it is taken', () => {
    const page = readFileSync(resolve(__dirname, '../../../docs/security.md'), 'utf8');
    const [standard, others] = /## Operators\n([\s\S]*?)\n\n(Of the domain `com\.microsoft`[^\n]*)/.exec(page)!.slice(1);
    const names = (text: string) => [...text.matchAll(/`([A-Z]\w*)`/g)].map(([, name]) => name).sort();
    expect(names(standard!)).toEqual([...STANDARD_OPERATORS].sort());
    expect(names(others!)).toEqual([...MICROSOFT_OPERATORS].sort());
  });
});
