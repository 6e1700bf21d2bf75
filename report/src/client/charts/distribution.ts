import * as Plot from '@observablehq/plot';
import { fixed } from '../../data/numbers.js';
import type { ReportFeature } from '../../data/report-data.js';
import { element } from '../element.js';
import { ramp } from '../ramp.js';
import { ordered } from '../report.js';
import { colourOf } from '../selection.js';
import { chart, choosing, chosenFeatures, place, shortName, TIP, tipText, unscaled } from './chart.js';

interface Ranked {
  readonly feature: ReportFeature;
  readonly index: number;
  readonly rank: number;
}

const ranked: readonly Ranked[] = ordered.map((feature, i) => ({ feature, index: feature.index, rank: i + 1 }));
const low = ordered.reduce((least, f) => Math.min(least, f.kStd - f.kStdSe), 1);
const high = ordered.reduce((most, f) => Math.max(most, f.kStd + f.kStdSe), 0);
const BINS = 24;

/** Every feature with its standard error in ascending order, and beside it how many have which K. */
export function distribution(width: number): HTMLElement {
  const beside = width >= 620;
  const barsWidth = beside ? Math.round(width * 0.24) : width;
  const y = { domain: [low, high], nice: true, grid: true, label: 'K' };
  return element('div', { class: beside ? 'beside' : 'under' }, caterpillar(beside ? width - barsWidth : width, y), histogram(barsWidth, beside, y));
}

function caterpillar(width: number, y: Plot.ScaleOptions): Element {
  const kStd = (d: Ranked): number => d.feature.kStd;
  const marked = chosenFeatures().flatMap((feature) => ranked.find((d) => d.feature === feature) ?? []);
  const colour = (d: Ranked): string => ramp(place(d.feature.kStd));
  return choosing(
    chart('Complexity of every feature in ascending order with standard errors', {
      width,
      height: 340,
      x: { label: 'features from simple to complex', domain: [0, ranked.length + 1], ticks: 5 },
      y,
      marks: [
        Plot.ruleX(ranked, {
          x: 'rank',
          y1: (d: Ranked) => d.feature.kStd - d.feature.kStdSe,
          y2: (d: Ranked) => d.feature.kStd + d.feature.kStdSe,
          stroke: unscaled(colour),
          strokeWidth: ranked.length > 400 ? 0.6 : 1.5,
        }),
        Plot.dot(ranked, { x: 'rank', y: kStd, r: ranked.length > 400 ? 1.2 : 2.2, fill: unscaled(colour) }),
        Plot.dot(marked, { x: 'rank', y: kStd, r: 7, stroke: unscaled((d: Ranked) => colourOf(d.index)), strokeWidth: 2.5 }),
        Plot.text(marked, {
          x: 'rank',
          y: kStd,
          text: (d: Ranked) => shortName(d.feature),
          dy: -15,
          fontWeight: 600,
          fill: 'var(--ink)',
          stroke: 'var(--paper)',
          strokeWidth: 4,
        }),
        Plot.tip(
          ranked,
          Plot.pointerX({
            x: 'rank',
            y: kStd,
            title: (d: Ranked) => tipText(d.feature, `K ${fixed(d.feature.kStd)} ± ${fixed(d.feature.kStdSe)}`, `${d.rank} of ${ranked.length}`),
            ...TIP,
          }),
        ),
      ],
    }),
  );
}

function histogram(width: number, beside: boolean, k: Plot.ScaleOptions): Element {
  const step = (high - low) / BINS || 0.01;
  const bins = Array.from({ length: BINS }, (_, i) => ({ from: low + i * step, to: low + (i + 1) * step, count: 0 }));
  for (const { kStd } of ordered) bins[Math.min(BINS - 1, Math.floor((kStd - low) / step))]!.count++;
  const fill = unscaled((bin: (typeof bins)[number]) => ramp(place((bin.from + bin.to) / 2)));
  const label = 'Number of features by complexity';
  return beside
    ? chart(label, {
        width,
        height: 340,
        marginLeft: 8,
        y: { ...k, axis: null },
        x: { label: 'features', ticks: 4, grid: true },
        marks: [Plot.rect(bins, { y1: 'from', y2: 'to', x1: 0, x2: 'count', insetTop: 0.5, insetBottom: 0.5, fill })],
      })
    : chart(label, {
        width,
        height: 180,
        x: { ...k, grid: false },
        y: { label: 'features', ticks: 4, grid: true },
        marks: [Plot.rect(bins, { x1: 'from', x2: 'to', y1: 0, y2: 'count', insetLeft: 0.5, insetRight: 0.5, fill })],
      });
}
