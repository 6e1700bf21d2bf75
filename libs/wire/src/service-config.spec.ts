import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as contracts from '@fathom/contracts';
import { serviceConfig } from './service-config.js';

const methods = Object.entries(contracts)
  .filter(([name]) => name.endsWith('Service'))
  .flatMap(([, service]) => Object.values(service as Record<string, { path: string }>).map(({ path }) => path.slice(1)));

it('every method of the contracts may be repeated, and is where that is asked for', () => {
  const { methodConfig } = serviceConfig({ several: true, retries: true });
  expect(methodConfig.flatMap(({ name }) => name.map(({ service, method }) => `${service}/${method}`)).sort()).toEqual(methods.sort());
  expect(serviceConfig({ several: true, retries: false }).methodConfig).toEqual([]);
});

it('the client in Python is configured the same; where it is not, write there what this expects', () => {
  const file = resolve(__dirname, join('../../../clients/python/fathom/service_config.json'));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(serviceConfig({ several: true, retries: true }));
});
