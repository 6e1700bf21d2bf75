import * as Plot from '@observablehq/plot';
import { fixed } from '../../data/numbers.js';
import { element } from '../element.js';
import { ordered, report } from '../report.js';
import { colourOf } from '../selection.js';
import { chart, chosenFeatures, heightFor, legend, shortName, TIP, tipText, unscaled } from './chart.js';
import { apart } from './line-ends.js';

const depths = report.layers.map((_, l) => l);
const band = depths.map((l) => {
  const sorted = Float64Array.from(ordered, (feature) => feature.r2[l] ?? 0).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { depth: l + 1, low: at(0.1), median: at(0.5), high: at(0.9), floor: Math.max(0, report.null95[l] ?? 0) };
});

/** R² of the chosen features through the layers, over what all features do and what shuffled codes reach. */
export function layers(width: number): HTMLElement {
  const lines = chosenFeatures().flatMap((feature) => depths.map((l) => ({ feature, depth: l + 1, r2: feature.r2[l] ?? 0, l })));
  const ends = apart(
    lines.filter((point) => point.l === depths.length - 1),
    0.045,
  );
  const stroke = unscaled((point: (typeof lines)[number]) => colourOf(point.feature.index));
  const drawing = chart('Held-out R² of chosen features at each layer', {
    width,
    height: heightFor(width, 420),
    marginRight: 44,
    x: { label: 'layer', ticks: depths.map((l) => l + 1), tickFormat: String, domain: [1, Math.max(2, depths.length)] },
    y: { label: 'R² on unseen images', domain: [0, 1], grid: true, ticks: 5 },
    marks: [
      Plot.areaY(band, { x: 'depth', y1: 'low', y2: 'high', fill: 'var(--band)' }),
      Plot.line(band, { x: 'depth', y: 'median', stroke: 'var(--faint)', strokeWidth: 1.5 }),
      Plot.areaY(band, { x: 'depth', y1: 0, y2: 'floor', fill: 'var(--floor)' }),
      Plot.line(band, { x: 'depth', y: 'floor', stroke: 'var(--muted)', strokeDasharray: '2,3' }),
      Plot.line(lines, { x: 'depth', y: 'r2', z: (p: (typeof lines)[number]) => p.feature.index, stroke, strokeWidth: 2.5 }),
      Plot.dot(lines, { x: 'depth', y: 'r2', r: 3.5, fill: stroke, stroke: 'var(--paper)' }),
      Plot.text(ends, {
        x: depths.length,
        y: 'shown',
        text: (p: (typeof ends)[number]) => shortName(p.feature),
        textAnchor: 'start',
        dx: 9,
        fontWeight: 600,
        fill: 'var(--ink)',
      }),
      Plot.tip(
        lines,
        Plot.pointer({
          x: 'depth',
          y: 'r2',
          title: (p: (typeof lines)[number]) => tipText(p.feature, `${report.layers[p.l]}: R² ${fixed(p.r2)}`),
          ...TIP,
        }),
      ),
    ],
  });
  const names = chosenFeatures().map((feature) => ({ text: `#${feature.index} ${feature.label}`, colour: colourOf(feature.index) }));
  return element(
    'div',
    {},
    drawing,
    legend([
      ...names,
      { text: 'all features: middle 80 %', colour: 'var(--band)', mark: 'area' },
      { text: 'shuffled codes, 95th percentile', colour: 'var(--muted)', dash: 'dotted' },
    ]),
  );
}
