import { resolve } from 'node:path';
import { connection } from './connection.js';
import { loadConfig } from './config.js';

const load = (overrides: object) => loadConfig({ env: {}, overrides: overrides as Record<string, unknown> });
const refused = (overrides: object, field: string, message = '') =>
  expect(() => load(overrides)).toThrow(expect.objectContaining({ name: 'InputError', field, message: expect.stringContaining(message) }));

describe('settings of security', () => {
  it('are none by default, and insecure is not', () => {
    const { tls, tokens, clientTls, clientTokenFile, insecure } = load({});
    expect({ tls, tokens, clientTls, clientTokenFile, insecure }).toEqual({ insecure: false });
  });

  it('name files from where the process was started', () => {
    const tokens = { issuer: 'i', audience: 'a', jwksUrl: 'https://issuer.example/keys' };
    expect(
      load({
        tls: { certFile: 'c.pem', keyFile: '/k.pem', caFile: 'ca.pem' },
        tokens,
        clientTls: { caFile: 'ca.pem', serverName: 'n' },
        insecure: true,
      }),
    ).toMatchObject({
      tls: { certFile: resolve('c.pem'), keyFile: '/k.pem', caFile: resolve('ca.pem') },
      tokens,
      clientTls: { caFile: resolve('ca.pem'), serverName: 'n' },
      insecure: true,
    });
    expect(loadConfig({ env: { FATHOM_CLIENT_TOKEN_FILE: 'token' } }).clientTokenFile).toBe(resolve('token'));
  });

  it('are complete, and of the right kind', () => {
    refused({ tls: { certFile: 'c' } }, 'tls.keyFile', 'is missing');
    refused({ tls: { certFile: 'c', keyFile: '' } }, 'tls.keyFile', 'is no text');
    refused(
      { tls: { certFile: 'c', keyFile: 'k', passphrase: 'SECRET' } },
      'tls.passphrase',
      'is no setting; accepted: an object with certFile, keyFile, caFile',
    );
    refused({ tls: [] }, 'tls', 'is no object');
    refused({ tokens: { issuer: 'i' } }, 'tokens.audience', 'is missing');
    refused({ tokens: 'all' }, 'tokens', 'is no object');
    refused({ clientTls: {} }, 'clientTls.caFile', 'is missing');
    refused({ clientTokenFile: 7 }, 'clientTokenFile', 'is no path');
    refused({ insecure: 'yes' }, 'insecure', 'is neither true nor false');
  });

  it('do not come from the environment where a mistake would open a server', () => {
    expect(loadConfig({ env: { FATHOM_INSECURE: 'true' } }).insecure).toBe(false);
  });
});

it('a process calls for a tenant only with a token', () => {
  expect(connection(load({}), 'team-a')).toEqual({ maxMessageBytes: 4_194_304, tls: undefined, tokenFile: undefined });
  expect(connection(load({ clientTokenFile: '/t', clientTls: { caFile: '/ca' } }), 'team-a')).toEqual({
    maxMessageBytes: 4_194_304,
    tls: { caFile: '/ca' },
    tokenFile: '/t',
    tenant: 'team-a',
  });
});
