import * as Plot from '@observablehq/plot';
import { fixed } from '../../data/numbers.js';
import type { ReportFlow } from '../../data/report-data.js';
import { element } from '../element.js';
import { view } from '../figures.js';
import { report } from '../report.js';
import { chart, legend, TIP } from './chart.js';

const blocks = [...new Set(report.flow.map((flow) => flow.block))];

/** Shortcut and main branch of each block: one panel for the simplest features, one for the most complex. */
export function flow(width: number): HTMLElement {
  const beside = width >= 620;
  const each = beside ? Math.floor((width - 24) / 2) : width;
  return element(
    'div',
    {},
    legend([
      { text: 'shortcut', colour: 'var(--ink)' },
      { text: 'main branch', colour: 'var(--accent)', dash: 'dashed' },
    ]),
    element('div', { class: beside ? 'beside' : 'under' }, panel(each, 'simplest', 'The simplest'), panel(each, 'mostComplex', 'The most complex')),
  );
}

function panel(width: number, group: ReportFlow['group'], title: string): HTMLElement {
  const byCka = view('flow') === 'cka';
  const [shortcut, main] = byCka ? (['ckaShortcut', 'ckaMain'] as const) : (['r2Shortcut', 'r2Main'] as const);
  const all = report.flow.flatMap((f) => [f[shortcut], f[main]]);
  const points = report.flow.filter((f) => f.group === group).map((f) => ({ ...f, at: blocks.indexOf(f.block) + 1 }));
  type Point = (typeof points)[number];
  const drawing = chart(`${title} features: ${byCka ? 'CKA' : 'R²'} of shortcut and main branch at each block`, {
    width,
    height: 280,
    x: { label: 'block', ticks: blocks.map((_, b) => b + 1), tickFormat: String, domain: [1, Math.max(2, blocks.length)] },
    y: { label: byCka ? 'mean CKA' : 'mean R²', domain: [0, byCka ? Math.max(0.1, ...all) : 1], nice: true, grid: true, ticks: 5 },
    marks: [
      Plot.line(points, { x: 'at', y: shortcut, stroke: 'var(--ink)', strokeWidth: 2.5 }),
      Plot.dot(points, { x: 'at', y: shortcut, r: 3.5, fill: 'var(--ink)' }),
      Plot.line(points, { x: 'at', y: main, stroke: 'var(--accent)', strokeWidth: 2.5, strokeDasharray: '7,4' }),
      Plot.dot(points, { x: 'at', y: main, r: 3.5, fill: 'var(--accent)' }),
      Plot.tip(
        points,
        Plot.pointerX({
          x: 'at',
          y: shortcut,
          title: (f: Point) => `${f.block}\nshortcut ${fixed(f[shortcut])}\nmain branch ${fixed(f[main])}`,
          ...TIP,
        }),
      ),
    ],
  });
  const count = points[0]?.features;
  return element('div', {}, element('h3', {}, count === undefined ? title : `${title} ${count}`), drawing);
}
