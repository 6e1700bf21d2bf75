import * as Plot from '@observablehq/plot';
import { percent } from '../../data/numbers.js';
import type { AblationOrder } from '../../data/report-data.js';
import { element } from '../element.js';
import { view } from '../figures.js';
import { report } from '../report.js';
import { chart, heightFor, legend, TIP } from './chart.js';

const ORDERS: Readonly<Record<AblationOrder, { text: string; colour: string; dash?: 'dashed' | 'dotted' }>> = {
  most_complex_first: { text: 'most complex first', colour: 'var(--complex)' },
  simplest_first: { text: 'simplest first', colour: 'var(--simple-line)' },
  most_important_first: { text: 'most important first', colour: 'var(--accent)', dash: 'dashed' },
  random: { text: 'random', colour: 'var(--muted)', dash: 'dotted' },
};
const DASHES = { dashed: '7,4', dotted: '2,3' } as const;

export function ablation(width: number): HTMLElement {
  const { ablation: data } = report;
  if (!data) return element('div');
  const kept = view('ablation') !== 'dropped';
  const series = data.curves.map((curve) => ({
    ...ORDERS[curve.order],
    points: (kept ? curve.kept : curve.dropped).map((value, i) => ({ share: (data.shares[i] ?? 0) * 100, value: value * 100 })),
  }));
  const rows = data.shares.map((share, i) => ({ share: share * 100, i }));
  const text = (i: number): string =>
    [`${percent(data.shares[i] ?? 0, 0)} removed`, ...series.map((s) => `${s.text} ${percent((s.points[i]?.value ?? 0) / 100)}`)].join('\n');
  const drawing = chart('Accuracy as features are removed in four orders', {
    width,
    height: heightFor(width, 400),
    x: { label: 'features removed (%)', domain: [0, 100], ticks: 5 },
    y: { label: `${data.measure} (%)`, domain: [0, 100], grid: true, ticks: 5 },
    marks: [
      Plot.ruleY([data.base * 100], { stroke: 'var(--ink)', strokeDasharray: '5,4' }),
      Plot.text([data.base * 100], {
        x: 100,
        y: (v: number) => v,
        text: () => `untouched ${percent(data.base)}`,
        dy: -9,
        textAnchor: 'end',
        fill: 'var(--ink)',
      }),
      ...series.flatMap((s) => [
        Plot.line(s.points, { x: 'share', y: 'value', stroke: s.colour, strokeWidth: 2.5, ...(s.dash ? { strokeDasharray: DASHES[s.dash] } : {}) }),
        Plot.dot(s.points, { x: 'share', y: 'value', r: 2.5, fill: s.colour }),
      ]),
      Plot.ruleX(rows, Plot.pointerX({ x: 'share', stroke: 'var(--faint)' })),
      Plot.tip(
        rows,
        Plot.pointerX({
          x: 'share',
          y: (row: { i: number }) => series[0]?.points[row.i]?.value ?? 0,
          title: (row: { i: number }) => text(row.i),
          ...TIP,
        }),
      ),
    ],
  });
  return element('div', {}, legend(series.map(({ text: name, colour, dash }) => ({ text: name, colour, ...(dash ? { dash } : {}) }))), drawing);
}
