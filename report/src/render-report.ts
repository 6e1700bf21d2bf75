import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkReportData } from './check-report-data.js';
import { embeddedJson } from './embedded-json.js';
import { html, Html } from './html.js';
import { pageBody } from './page-body.js';
import type { ReportData } from './data/report-data.js';

/**
 * One HTML file that needs nothing beside it: data, pictures, styles and script are inside, and its policy forbids it to load anything.
 * The same data gives the same bytes. Throws an InputError for data that could not be drawn.
 */
export function renderReport(data: ReportData): string {
  checkReportData(data);
  const script = built('client.js').replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(script).digest('base64');
  // Charts carry a style element each, so styles are allowed inline; they could load nothing: all but embedded images is forbidden.
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${data.title} – Fathom report</title>
<link rel="icon" href="data:,">
<style>${new Html(built('client.css'))}</style>
</head>
${pageBody(data)}
<script type="application/json" id="report-data">${new Html(embeddedJson(data))}</script>
<script>${new Html(script)}</script>
</html>
`.text;
}

/** From src/ (tests) and from dist/ alike, the built client lies in dist/. */
function built(name: string): string {
  return readFileSync(join(__dirname, '..', 'dist', name), 'utf8');
}
