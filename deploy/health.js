/** Ends with 0 where the health port of this container says SERVING: `node deploy/health.js [ready]`. */
const { HealthClients } = require('../libs/service-kit');

const address = (process.env.FATHOM_HEALTH_ADDRESS || '127.0.0.1:9465').replace(/^(0\.0\.0\.0)?:/, '127.0.0.1:');

new HealthClients({ deadlineMs: 3_000 }).check(address, process.argv[2] ?? '').then((answer) => {
  if (answer !== 'serving') console.error(answer);
  process.exit(answer === 'serving' ? 0 : 1);
});
