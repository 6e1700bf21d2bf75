/** Builds after an install, so that `npx fathom` works; where the development packages are left out, there is nothing to build with. */
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const isThere = (name) => existsSync(join(__dirname, '../node_modules', name));

if (['typescript', 'esbuild', '@observablehq/plot'].every(isThere)) require('./build.js');
else console.log('Fathom is not built: the development packages are left out.');
