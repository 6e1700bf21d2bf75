/** Bundles the report's client (charts included) into dist/client.js and dist/client.css, which renderReport puts into the page. */
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: { client: here('src/client/main.ts') },
  outdir: here('dist'),
  tsconfig: here('tsconfig.client.json'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
});
await build({ entryPoints: { client: here('src/client/page.css') }, outdir: here('dist'), bundle: true, minify: true, logLevel: 'warning' });
