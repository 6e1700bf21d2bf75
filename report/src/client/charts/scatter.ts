import * as Plot from '@observablehq/plot';
import { significant } from '../../data/numbers.js';
import type { ReportFeature } from '../../data/report-data.js';
import { ramp } from '../ramp.js';
import { ordered } from '../report.js';
import { colourOf } from '../selection.js';
import { chart, choosing, chosenFeatures, type Drawing, heightFor, place, shortName, TIP, tipText, unscaled } from './chart.js';
import { logAxis } from './log-axis.js';

type Value = (feature: ReportFeature) => number | null;

interface ScatterOptions {
  readonly label: string;
  readonly x: Value;
  readonly xLabel: string;
  readonly y: Value;
  readonly yLabel: string;
  /** Spread values above zero that differ by orders of magnitude. @default false */
  readonly spreadY?: boolean;
}

interface Dot {
  readonly feature: ReportFeature;
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

/** One dot per live feature, the chosen ones ringed and named. */
export function scatter(width: number, options: ScatterOptions): Drawing {
  const dots = dotsOf(ordered, options);
  const marked = dotsOf(chosenFeatures(), options);
  const type = !options.spreadY ? 'linear' : dots.every((dot) => dot.y > 0) ? 'log' : 'sqrt';
  const scaleNote = type === 'log' ? ' (logarithmic)' : type === 'sqrt' ? ' (square-root scale)' : '';
  const narrow = width < 420;
  return choosing(
    chart(options.label, {
      width,
      height: heightFor(width),
      x: { label: options.xLabel, nice: true, ticks: narrow ? 4 : 6, grid: true },
      y: { label: options.yLabel + scaleNote, type, grid: true, ...(type === 'log' ? logAxis(dots.map((dot) => dot.y)) : { nice: true, ticks: 5 }) },
      marginLeft: 56,
      marks: [
        Plot.dot(dots, {
          x: 'x',
          y: 'y',
          r: dots.length > 500 ? 2 : 3.5,
          fill: unscaled((dot: Dot) => ramp(place(dot.feature.kStd))),
          fillOpacity: 0.8,
        }),
        Plot.dot(marked, { x: 'x', y: 'y', r: 7, stroke: unscaled((dot: Dot) => colourOf(dot.index)), strokeWidth: 2.5 }),
        Plot.text(marked, {
          x: 'x',
          y: 'y',
          text: (dot: Dot) => shortName(dot.feature),
          dy: -14,
          fontWeight: 600,
          fill: 'var(--ink)',
          stroke: 'var(--paper)',
          strokeWidth: 4,
        }),
        Plot.tip(
          dots,
          Plot.pointer({
            x: 'x',
            y: 'y',
            title: (dot: Dot) => tipText(dot.feature, `${options.xLabel} ${significant(dot.x)}`, `${options.yLabel} ${significant(dot.y)}`),
            ...TIP,
          }),
        ),
      ],
    }),
  );
}

function dotsOf(features: readonly ReportFeature[], { x, y }: ScatterOptions): Dot[] {
  return features.flatMap((feature) => {
    const [atX, atY] = [x(feature), y(feature)];
    return atX === null || atY === null ? [] : [{ feature, index: feature.index, x: atX, y: atY }];
  });
}
