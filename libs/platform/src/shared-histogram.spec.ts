import { Histogram, Registry } from 'prom-client';
import { exposeHistogram } from './shared-histogram.js';

it('is written as prom-client writes a histogram that it has counted itself', async () => {
  const bounds = [0.1, 1];
  const what = { name: 'x_seconds', help: 'Seconds of x.' };
  const own = new Registry();
  const histogram = new Histogram({ ...what, buckets: bounds, labelNames: ['call'], registers: [own] });
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe({ call: 'get' }, value);
  const shared = new Registry();
  exposeHistogram(shared, { ...what, bounds }, () => [{ labels: { call: 'get' }, counts: [2, 1, 1], sum: 7.65 }]);
  const lines = async (registry: Registry): Promise<string[]> => (await registry.metrics()).split('\n').sort();
  expect(await lines(shared)).toEqual(await lines(own));
});
