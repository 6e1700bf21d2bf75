import { FEATURE_COLUMNS } from './data/feature-columns.js';
import { html } from './html.js';
import type { ReportData } from './data/report-data.js';
import type { Section } from './section.js';

export function featuresSection(data: ReportData): Section {
  const dead = data.features.filter((feature) => feature.dead);
  return {
    id: 'features',
    heading: 'Every feature',
    wide: true,
    lede: html`All numbers, to sort, filter and take away. A chosen row is marked in every chart.`,
    figure: html`<form class="controls filters" id="filters" role="search" aria-label="Filter features">
<label>Find <input type="search" name="text" placeholder="number or name" autocomplete="off"></label>
<label>Where <select name="bounded">${FEATURE_COLUMNS.map((column) => html`<option value="${column.key}">${column.heading}</option>`)}</select></label>
<span class="bounds"><label>from <input name="least" inputmode="decimal" size="5" autocomplete="off"></label>
<label>to <input name="most" inputmode="decimal" size="5" autocomplete="off"></label></span>
<button type="reset">Clear</button>
<span class="downloads"><button type="button" data-download="csv">Download CSV</button><button type="button" data-download="json">Download JSON</button></span>
</form>
<p id="table-count" class="count" role="status"></p>
<div class="scroll table" tabindex="0" role="region" aria-label="Table of features"></div>
<div class="pages" role="group" aria-label="Pages of the table"></div>
<details class="dead"><summary>${dead.length === 0 ? 'No dead features' : `${dead.length} dead ${dead.length === 1 ? 'feature' : 'features'}`}</summary>
<p>${dead.length === 0 ? 'The code of every feature varies over the images.' : 'Codes that do not vary over the images used: nothing can be said of them, and they are left out of the strip, the charts and every mean and relation.'}</p>
${dead.length === 0 ? null : html`<ul>${dead.map((feature) => html`<li>#${feature.index} ${feature.label}</li>`)}</ul>`}</details>`,
    shows: html`Live features with the measures of this page; the heading of a column sorts by it. Downloads hold the rows that the filter lets through, with all digits and R² of every layer.`,
    silent: html`Digits beyond the standard error are for computing on, not for comparing by eye.`,
  };
}
