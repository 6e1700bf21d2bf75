import { html, type Html } from './html.js';
import { interval, pValue, percent, signed } from './data/numbers.js';
import type { ReportData, ReportRelation } from './data/report-data.js';
import { choice, plot, type Section } from './section.js';

export function importanceSection(data: ReportData): Section {
  const faith = data.faithfulness;
  return {
    id: 'importance',
    heading: 'Complexity and importance',
    lede: html`Do decisions rest on simple features or on complex ones? Importance is the mean size of what a feature adds to the logit of the predicted class.`,
    figure: data.features.every((f) => f.importance === null)
      ? null
      : html`<div class="pair"><div>${plot('importance-std', 'Importance against K')}${verdict(data, 'k_std', 'importance')}</div><div>${plot('importance-raw', 'Importance against K raw')}${verdict(data, 'k_raw', 'importance')}</div></div>`,
    shows: html`The same importance against two complexities. <strong>K raw</strong>, the paper’s formula, multiplies R² by the variance of the code; importance grows with that variance too, so the right-hand relation is partly built in. <strong>K</strong> on the left is free of it.`,
    silent: html`${faith === null ? null : html`Importance is counted in the features, which give the network’s prediction on ${percent(faith.predictionAgreement)} of the images; what they leave out is not seen. `}A relation that an untrained network shows as well is no finding about learning.`,
  };
}

export function ablationSection(data: ReportData): Section {
  const { ablation } = data;
  return {
    id: 'ablation',
    heading: 'Taking features away',
    lede: html`${ablation?.measure === 'agreement' ? 'Agreement with the network’s own predictions' : 'Accuracy'} as features are set to zero, a tenth at a time, in four orders.`,
    figure:
      ablation === null
        ? null
        : html`<div class="controls">${choice('ablation', 'The part that features do not explain', [
            ['kept', 'kept'],
            ['dropped', 'dropped'],
          ])}</div>
${plot('ablation', 'Accuracy as features are removed in four orders')}`,
    shows: html`The sooner a curve falls, the more the network needed what was removed first. The dashed line is the untouched network; “random” is the mean of 20 seeded orders.`,
    silent: html`Kept, the unexplained part of the layer still votes, and can hold accuracy up after all features are gone. Dropped, the first point already lies lower by what the features miss. Nothing is retrained, so the network meets activations that it never saw.`,
  };
}

export function robustnessSection(data: ReportData): Section {
  const relation = (other: ReportRelation['other']): Html => verdict(data, 'k_std', other);
  const has = data.features.some((f) => f.redundancy !== null || f.sensitivity !== null);
  return {
    id: 'robustness',
    heading: 'Robustness, redundancy, locality',
    lede: html`Does complexity come at a price? Three properties of every feature against K.`,
    wide: true,
    figure: !has
      ? null
      : html`<div class="triple"><div>${plot('redundancy', 'Redundancy against K')}${relation('redundancy')}</div><div>${plot('sensitivity', 'Sensitivity to noise against K')}${relation('sensitivity')}</div><div>${plot('hoyer', 'Hoyer sparsity against K')}${relation('hoyer')}</div></div>`,
    shows: html`Each dot is a feature. <strong>Redundancy</strong> is the share of a feature’s similarity to the layer that is left when channels are masked: near 1, many channels carry it. <strong>Sensitivity</strong> is how far noise on the pixels moves its code, measured against how far images move it. <strong>Hoyer</strong> is 1 for an atom that is a single channel and 0 for one spread over all.`,
    silent: html`Noise on pixels is one perturbation among many, and a mild one for a person. Sensitivity and redundancy depend on prevalence and variance as well; the partial correlations below take these out as far as ranks allow.`,
  };
}

/** One line that gives the correlation with interval, p and control, in words that do not judge it. */
function verdict(data: ReportData, measure: ReportRelation['measure'], other: ReportRelation['other']): Html {
  const relation = data.relations.find((r) => r.measure === measure && r.other === other);
  if (!relation) return html``;
  const { rho, p, partial, control } = relation;
  return html`<p class="verdict"><b>ρ = ${signed(rho)}</b> ${interval(relation)}, ${pValue(p)}${partial === null ? null : html`; partial ${signed(partial)}`}. ${
    control.length === 0 ? 'No untrained control.' : `Untrained: ${control.map((c) => `${signed(c.rho)} ${interval(c)}, ${pValue(c.p)}`).join('; ')}.`
  }</p>`;
}
