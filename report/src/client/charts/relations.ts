import * as Plot from '@observablehq/plot';
import { interval, pValue, signed } from '../../data/numbers.js';
import { MEASURE_NAMES, OTHER_NAMES } from '../../data/relation-names.js';
import type { ReportRelation } from '../../data/report-data.js';
import { element } from '../element.js';
import { report } from '../report.js';
import { chart, legend, TIP } from './chart.js';

const PAPER_SIDE = { '+': [0, 1], '-': [-1, 0], '0': [-0.1, 0.1] } as const;
const others = [...new Set(report.relations.map((relation) => relation.other))];

/** A forest plot for each of the two complexities: trained with intervals, untrained as circles. */
export function relations(width: number): HTMLElement {
  const beside = width >= 720;
  const each = beside ? Math.floor((width - 32) / 2) : width;
  return element(
    'div',
    {},
    legend([
      { text: 'trained, 95 % interval', colour: 'var(--ink)', mark: 'dot' },
      { text: 'untrained', colour: 'var(--accent)', mark: 'ring' },
      { text: 'side that the paper reports', colour: 'var(--band)', mark: 'area' },
    ]),
    element('div', { class: beside ? 'beside' : 'under' }, panel(each, 'k_std'), panel(each, 'k_raw')),
  );
}

function panel(width: number, measure: ReportRelation['measure']): HTMLElement {
  const trained = report.relations.filter((relation) => relation.measure === measure);
  const untrained = trained.flatMap((relation) => relation.control.map((control) => ({ ...control, other: relation.other })));
  const paper = trained.flatMap(({ other, paperSign }) =>
    paperSign === null ? [] : [{ other, from: PAPER_SIDE[paperSign][0], to: PAPER_SIDE[paperSign][1] }],
  );
  const name = (row: { other: ReportRelation['other'] }): string => OTHER_NAMES[row.other];
  const drawing = chart(`Rank correlations of ${MEASURE_NAMES[measure]}`, {
    width,
    height: others.length * 34 + 48,
    marginTop: 8,
    marginLeft: 128,
    x: { label: 'rank correlation ρ', domain: [-1, 1], grid: true, ticks: 5, tickFormat: (v: number) => signed(v) },
    y: { label: null, domain: others.map((other) => OTHER_NAMES[other]), tickSize: 0 },
    marks: [
      Plot.barX(paper, { y: name, x1: 'from', x2: 'to', fill: 'var(--band)', insetTop: 1, insetBottom: 1 }),
      Plot.ruleX([0], { stroke: 'var(--muted)' }),
      Plot.dot(untrained, { y: name, x: 'rho', r: 4.5, stroke: 'var(--accent)', strokeWidth: 1.8, dy: 5 }),
      Plot.ruleY(trained, { y: name, x1: 'low', x2: 'high', stroke: 'var(--ink)', strokeWidth: 2, dy: -4 }),
      Plot.dot(trained, { y: name, x: 'rho', r: 4.5, fill: 'var(--ink)', dy: -4 }),
      Plot.tip(
        trained,
        Plot.pointerY({
          y: name,
          x: 'rho',
          title: (r: ReportRelation) => `${OTHER_NAMES[r.other]}\nρ ${signed(r.rho)} ${interval(r)}\n${pValue(r.p)}\npartial ${signed(r.partial)}`,
          ...TIP,
        }),
      ),
    ],
  });
  return element('div', {}, element('h3', {}, `${MEASURE_NAMES[measure]} with …`), drawing);
}
