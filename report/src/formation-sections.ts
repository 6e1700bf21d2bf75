import { html } from './html.js';
import type { ReportData } from './data/report-data.js';
import { choice, plot, type Section } from './section.js';

export function trainingSection(data: ReportData): Section {
  const top = data.checkpoints.at(-1)?.topCount ?? 10;
  return {
    id: 'training',
    heading: 'When features become readable',
    lede: html`Lateness, Λ, is to training what K is to depth: one minus the mean R² with which the penultimate layer of each checkpoint gives the final feature. High Λ is learned late.`,
    figure:
      data.checkpoints.length === 0
        ? null
        : html`<div class="controls">${choice('lateness', 'K and Λ', [
            ['shared', 'as defined'],
            ['unshared', 'without the shared term'],
          ])}</div>
<div class="pair">${plot('lateness', 'Lateness against complexity, one dot per feature')}${plot('readability', 'R² of chosen features from the penultimate layer of each checkpoint')}</div>
<h3>Checkpoint by checkpoint</h3>
<div class="pair">${plot('checkpoints', 'Mean complexity and mean complexity of the most important features at each checkpoint')}${plot('checkpoint-relation', 'Rank correlation of complexity with importance at each checkpoint')}</div>`,
    shows: html`Above: whether complex features are learned later, and the course of the chosen ones. K and Λ both contain R² of the last layer at the last checkpoint, which alone correlates them; the second view leaves it out on both sides. Below: each checkpoint with a dictionary of its own, the mean K of all its features and of its ${top} most important ones, and how K goes with importance.`,
    silent: html`Λ asks when the <em>final</em> feature can be read, not when it is used. Dictionaries of two checkpoints hold different features, so the lower curves compare populations, not single features.`,
  };
}

export function flowSection(data: ReportData): Section {
  const features = data.flow[0]?.features ?? 0;
  return {
    id: 'flow',
    heading: 'Which way features travel',
    lede: html`A residual block adds what its main branch computes to what its shortcut passes on. Which of the two carries a feature?`,
    figure:
      data.flow.length === 0
        ? null
        : html`<div class="controls">${choice('flow', 'Measured by', [
            ['r2', 'R²'],
            ['cka', 'CKA'],
          ])}</div>
${plot('flow', 'What shortcut and main branch of each block tell of the simplest and of the most complex features')}`,
    shows: html`Means over the ${features} simplest and the ${features} most complex features, just before the addition. A shortcut far above the main branch means that the feature was there already and is passed on.`,
    silent: html`Both branches can hold the same thing: the two values do not add up to one, and a branch that could give a feature need not be the one that the network relies on.`,
  };
}
