import { loadConfig } from './config.js';

const config = (overrides: object, env: Record<string, string> = {}) => loadConfig({ env, overrides: { ...overrides } });

it('nothing is told, sent or opened by default', () => {
  const { metricsAddress, healthAddress, traces, logLevel } = config({});
  expect([metricsAddress, healthAddress, traces, logLevel]).toEqual([undefined, undefined, undefined, undefined]);
});

it('settings come from the file, and from the environment', () => {
  const given = {
    metricsAddress: ':9464',
    healthAddress: '0.0.0.0:8080',
    traces: { endpoint: 'http://c:4318/v1/traces', share: 0.5 },
    logLevel: 'warn',
  };
  expect(config(given)).toMatchObject(given);
  const env = {
    FATHOM_METRICS_ADDRESS: ':9464',
    FATHOM_HEALTH_ADDRESS: '0.0.0.0:8080',
    FATHOM_TRACES: 'http://c:4318/v1/traces',
    FATHOM_LOG_LEVEL: 'warn',
  };
  expect(config({}, env)).toMatchObject({ ...given, traces: { endpoint: 'http://c:4318/v1/traces' } });
});

it.each([
  ['metricsAddress', { metricsAddress: 9464 }],
  ['healthAddress', { healthAddress: {} }],
  ['logLevel', { logLevel: 'loud' }],
  ['traces', { traces: 5 }],
  ['traces', { traces: [] }],
  ['traces.endpoint', { traces: {} }],
  ['traces.endpoint', { traces: 'collector:4318' }],
  ['traces.endpoint', { traces: 'ftp://collector' }],
  ['traces.share', { traces: { endpoint: 'http://c', share: 1.5 } }],
  ['traces.headers', { traces: { endpoint: 'http://c', headers: { authorization: 's3cret' } } }],
])('a wrong %s is named (%j)', (field, overrides) => {
  expect(() => config(overrides)).toThrow(expect.objectContaining({ reason: 'INVALID_INPUT', field }));
  expect(() => config(overrides)).not.toThrow(/s3cret/);
});
