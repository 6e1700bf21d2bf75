/** Services in two network namespaces, with TLS and tokens; the links between them and to the store are cut in the midst of a study. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from './chance.mjs';
import { disturbed, partsWritten } from './disturbed.mjs';
import { openNamespaces } from './namespaces.mjs';

/** Longer than it takes a client to notice that a server is silent; in short, than it takes to lose a lease. */
const SECONDS = { full: 30, short: 8 };
const OF_A = ['activation', 'dictionary', 'study'];
const LINE = /is asked for again|the store took no heartbeat|the store does not answer/;

/** Each cut with the links that are set down. */
const CUTS = {
  'the network between two halves of the services is cut': ['services'],
  'half of the services are cut off from the others and from the store': ['services', 'store-b'],
};

/** Settings of services that are reached over a network, and how a client connects to them. */
function secured(folder) {
  const secrets = join(folder, 'secrets');
  execFileSync(process.execPath, [resolve(import.meta.dirname, '../../deploy/make-secrets.mjs'), secrets]);
  const path = (name) => join(secrets, name);
  const caFile = path('ca.crt');
  const server = { certFile: path('services.crt'), keyFile: path('services.key'), caFile };
  // Certificates name hosts, and these have only addresses.
  const client = (name) => ({ caFile, certFile: path(`${name}.crt`), keyFile: path(`${name}.key`), serverName: 'localhost' });
  return {
    settings: {
      tls: server,
      tokens: { issuer: 'https://issuer.fathom.internal', audience: 'fathom', jwksFile: path('jwks.json') },
      clientTls: client('services'),
      clientTokenFile: path('study.token'),
    },
    connection: { tls: client('client'), tokenFile: path('client.token') },
  };
}

export async function* run(context) {
  const { folder, isShort, seed, undisturbed } = context;
  let namespaces;
  try {
    namespaces = openNamespaces();
  } catch (error) {
    yield {
      what: 'the network between services is cut',
      broken: [`network namespaces cannot be made here, which needs root and iproute2: ${error.message}`],
    };
    return;
  }
  const seconds = isShort ? SECONDS.short : SECONDS.full;
  try {
    const network = { ...secured(folder), of: (service) => (OF_A.includes(service) ? namespaces.a : namespaces.b) };
    const random = chance(seed, 'network');
    for (const [what, links] of Object.entries(CUTS).slice(isShort ? 1 : 0)) {
      const share = 0.3 + 0.4 * random();
      const strike = async (house, ended) => {
        await partsWritten(house, undisturbed, share);
        for (const link of links) namespaces.set(link, 'down');
        await pause(1_000 * seconds);
        for (const link of links) namespaces.set(link, 'up');
        await ended;
        return { what: `${what} for ${seconds} s, once ${Math.round(100 * share)} % of the parts are there` };
      };
      yield await disturbed(context, { house: { network }, strike, line: LINE });
    }
  } finally {
    namespaces.end();
  }
}
