import { html, type Html } from './html.js';
import { fixed, percent } from './data/numbers.js';
import type { ReportData } from './data/report-data.js';

/** What stands behind the numbers, for those who want to judge them. */
export function closing(data: ReportData): Html {
  const { faithfulness } = data;
  return html`<footer class="closing">
<div><h2>The probes</h2>
<p>Ridge regression on standardised activations; the penalty is tuned on one fold, R² reported from the others.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of probes"><table><thead><tr><th scope="col">Layer</th><th scope="col" class="n">Penalty</th><th scope="col" class="n">Shuffled, mean</th><th scope="col" class="n">95th percentile</th></tr></thead>
<tbody>${data.layers.map((layer, l) => html`<tr><th scope="row">${layer}</th><td class="n">${String(data.alpha[l] ?? '')}</td><td class="n">${fixed(data.nullMean[l] ?? null, 4)}</td><td class="n">${fixed(data.null95[l] ?? null, 4)}</td></tr>`)}</tbody></table></div></div>
<div>${
    faithfulness === null
      ? null
      : html`<h2>The dictionary</h2>
<p>Predictions made from the features alone agree with the network’s on ${percent(faithfulness.predictionAgreement)} of the images. The features explain ${percent(faithfulness.reconstructionR2)} of the penultimate layer’s variance. ${percent(faithfulness.sparsity)} of all codes are zero, and ${faithfulness.deadAtoms === 0 ? 'no feature is' : `${faithfulness.deadAtoms} ${faithfulness.deadAtoms === 1 ? 'feature is' : 'features are'}`} dead.</p>`
  }
<h2>The measures</h2>
<p>Complexity, lateness, importance, redundancy and sensitivity follow T. Fel, L. Béthune, A. Lampinen, T. Serre and K. Hermann, “Understanding Visual Feature Reliance through the Lens of Complexity”, NeurIPS 2024 (arXiv 2407.06076). Where Fathom differs, docs/measures.md says how and why; the paper’s own estimate is the column “K published”.</p>
<p class="small">Made by Fathom ${data.study.codeVersion}. Charts by Observable Plot and D3 (ISC licence). This page loads nothing and sends nothing.</p></div>
</footer>`;
}
