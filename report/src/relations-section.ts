import { html, type Html } from './html.js';
import { interval, pValue, signed } from './data/numbers.js';
import { MEASURE_NAMES, OTHER_NAMES } from './data/relation-names.js';
import type { ReportData, ReportRelation } from './data/report-data.js';
import { plot, type Section } from './section.js';

export function relationsSection(data: ReportData): Section {
  return {
    id: 'relations',
    heading: 'All relations, and the untrained network',
    wide: true,
    lede: html`Every rank correlation of complexity with another property, beside the same in networks with random weights.`,
    figure:
      data.relations.length === 0
        ? null
        : html`${plot('relations', 'Rank correlations with 95 % intervals, trained and untrained')}
<div class="scroll" tabindex="0" role="region" aria-label="Table of relations"><table class="relations"><caption class="unseen">Rank correlations of complexity, trained and untrained</caption>
<thead><tr><th scope="col">Complexity</th><th scope="col">with</th><th scope="col" class="n">ρ</th><th scope="col">95 % interval</th><th scope="col">p</th><th scope="col" class="n">partial</th><th scope="col">untrained ρ</th><th scope="col">paper</th></tr></thead>
<tbody>${data.relations.map(row)}</tbody></table></div>`,
    shows: html`Dots are the trained network with a 95 % bootstrap interval, open circles untrained ones. A finding about learning is a dot whose interval keeps away from both zero and the circles. “Paper” is the sign that Fel and others (2024) report for a ResNet50 on ImageNet; the tinted side of a row is the same, a narrow tint means about zero.`,
    silent: html`Correlations over features are not causes. Features of one dictionary are not independent, so intervals and p are optimistic; p is not corrected for the number of relations looked at. The partial correlation is given prevalence, variance and Hoyer.`,
  };
}

function row(relation: ReportRelation): Html {
  const { rho, p, partial, control, paperSign } = relation;
  return html`<tr><th scope="row">${MEASURE_NAMES[relation.measure]}</th><td>${OTHER_NAMES[relation.other]}</td><td class="n">${signed(rho)}</td><td>${interval(relation)}</td><td>${pValue(p).replace('p = ', '').replace('p ', '')}</td><td class="n">${signed(partial)}</td><td>${
    control.length === 0 ? 'no control' : control.map((c) => `${signed(c.rho)} ${interval(c)}, ${pValue(c.p)}`).join('; ')
  }</td><td>${paperSign === null ? '–' : PAPER[paperSign]}</td></tr>`;
}

const PAPER = { '+': 'positive', '-': 'negative', '0': 'about zero' } as const;
