import { simpleToComplex } from './data/feature-order.js';
import { html, type Html } from './html.js';
import { fixed, percent, whole } from './data/numbers.js';
import type { ReportData } from './data/report-data.js';

/** Title, what is measured and how to read it, the numbers one asks for first, and where everything came from. */
export function masthead(data: ReportData): Html {
  const { model, study } = data;
  const live = simpleToComplex(data.features);
  return html`<header class="masthead">
<div class="bar"><span class="mark">Fathom</span><button type="button" id="theme" aria-pressed="false">Dark colours</button></div>
<h1>${data.title}</h1>
<p class="dek">${whole(live.length)} features of <b>${model.name}</b>, measured on ${imagesOfScores(data)} images of ${data.data.name}: how much of the network it takes to compute each of them, how much decisions rest on it, and how easily it breaks.</p>
<dl class="numbers">
${number('Features', whole(live.length), data.features.length > live.length ? `and ${data.features.length - live.length} dead` : 'none dead')}
${live.length > 0 ? number('Complexity', fixed(mean(live.map((f) => f.kStd)), 2), `mean K, from ${fixed(live[0]?.kStd ?? null, 2)} to ${fixed(live.at(-1)?.kStd ?? null, 2)}`) : null}
${model.accuracy === null ? null : number('Accuracy', percent(model.accuracy), 'of the network on these images')}
${data.faithfulness === null ? null : number('Agreement', percent(data.faithfulness.predictionAgreement), 'of predictions made from the features alone')}
${data.faithfulness === null ? null : number('Reconstruction', fixed(data.faithfulness.reconstructionR2, 2), 'R² of the penultimate layer from the features')}
</dl>
<div class="opening">
<div><h2>How to read this page</h2>
<p>A <dfn>feature</dfn> is a direction in the network’s penultimate layer, found by ${study.dictionary}; how strongly it is present in an image is its <dfn>code</dfn>. At each of ${data.layers.length} layers a linear probe tries to tell the code from that layer’s activations and is scored, by R², on images that it has not seen.</p>
<p><dfn>Complexity</dfn>, K, is one minus the mean of these scores. <strong>Higher K means more complex</strong>: 0 is readable at every layer, 1 at none. A feature may be complex because the network builds it late, or because no linear probe reads it well anywhere; K alone does not tell these apart. That features have names of classes says which images they were fitted on, not what they mean.</p></div>
${study.reduced.length === 0 ? null : html`<div><h2>What was reduced</h2><ul class="reduced">${study.reduced.map((line) => html`<li>${line}</li>`)}</ul></div>`}
</div>
<details class="origin" open><summary><h2>Where this comes from, and how to verify it</h2></summary>
<div class="opening"><dl class="digests">
${row('Network', `${model.name}${model.parameters === null ? '' : `, ${whole(model.parameters)} weights`}`, model.digest)}
${data.data.sets.map((set) => row('Images', `${data.data.name}, ${whole(set.images)} for ${set.role}`, set.digest))}
${row('Study', '', study.digest)}
${study.artifacts.map((artifact) => row('Artifact', artifact.name, artifact.digest))}
${row('Computed by', `Fathom ${study.codeVersion}; forward passes by ${study.engine}`, null)}
</dl>
<div><p>Every number on this page can be recomputed from the images, the network and the requests alone. This compares, artifact by artifact:</p>
<pre tabindex="0" aria-label="Commands that verify the study"><code>${study.verify.join('\n')}</code></pre>
<p class="small">A digest is the SHA-256 of the content. The page itself is not signed: what counts is that the command finds the same digests.</p></div></div>
</details>
</header>`;
}

function imagesOfScores(data: ReportData): string {
  return whole(data.data.sets[0]?.images ?? 0);
}

function number(name: string, value: string, note: string): Html {
  return html`<div><dt>${name}</dt><dd><b>${value}</b> <span>${note}</span></dd></div>`;
}

function row(name: string, what: string, digest: string | null): Html {
  return html`<div><dt>${name}</dt><dd>${what}${digest === null ? null : html` <code>${digest}</code>`}</dd></div>`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
