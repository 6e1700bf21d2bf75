import { fixed, percent, pValue, significant, signed, whole } from './numbers.js';

test('fixed digits carry a true minus sign and no minus zero', () => {
  expect([fixed(0.12345), fixed(-0.5, 1), fixed(-0.0001), fixed(null)]).toEqual(['0.123', '−0.5', '0.000', '–']);
});

test('three significant digits at any size', () => {
  expect([1234.5, 12.345, 0.012345, -0.00012345].map(significant)).toEqual(['1235', '12.3', '0.0123', '−0.000123']);
  expect([0, 1.5e-7, -2.5e9, null].map(significant)).toEqual(['0', '1.50 × 10⁻⁷', '−2.50 × 10⁹', '–']);
});

test('shares, counts, correlations and p read as one writes them', () => {
  expect([percent(0.9254), percent(1, 0), percent(null)]).toEqual(['92.5\u00a0%', '100\u00a0%', '–']);
  expect([whole(272186), whole(999), whole(1000)]).toEqual(['272,186', '999', '1,000']);
  expect([signed(0.421), signed(-0.421), signed(0.001), signed(-0.001), signed(null)]).toEqual(['+0.42', '−0.42', '0.00', '0.00', '–']);
  expect([pValue(0.0001), pValue(0.0123), pValue(1)]).toEqual(['p < 0.001', 'p = 0.012', 'p = 1.000']);
});
