import * as Plot from '@observablehq/plot';
import { fixed, percent, signed } from '../../data/numbers.js';
import { element } from '../element.js';
import { view } from '../figures.js';
import { report } from '../report.js';
import { colourOf } from '../selection.js';
import { chart, chosenFeatures, type Drawing, heightFor, legend, shortName, TIP, tipText, unscaled } from './chart.js';
import { apart } from './line-ends.js';
import { scatter } from './scatter.js';

const { checkpoints } = report;
const steps = checkpoints.map((checkpoint, e) => ({ ...checkpoint, step: e }));

export function lateness(width: number): Drawing {
  return view('lateness') === 'unshared'
    ? scatter(width, {
        label: 'Lateness against complexity without the shared term',
        x: (f) => f.kStdUnshared,
        xLabel: 'K before the last layer',
        y: (f) => f.lambdaUnshared,
        yLabel: 'Λ before the last checkpoint',
      })
    : scatter(width, { label: 'Lateness against complexity', x: (f) => f.kStd, xLabel: 'K', y: (f) => f.lambda, yLabel: 'Λ' });
}

/** The axis of checkpoints: evenly spaced, named by epoch and accuracy. */
function epochs(width: number): Plot.ScaleOptions {
  const every = Math.max(1, Math.ceil((steps.length * 38) / width));
  return {
    label: checkpoints.some((c) => c.accuracy !== null) ? 'epoch, accuracy below' : 'epoch',
    domain: [0, Math.max(1, steps.length - 1)],
    ticks: steps.filter((_, e) => (steps.length - 1 - e) % every === 0).map((c) => c.step),
    tickFormat: (step: number) => {
      const at = checkpoints[step];
      return at ? `${at.epoch}${at.accuracy === null ? '' : `\n${percent(at.accuracy, 0)}`}` : '';
    },
  };
}

export function readability(width: number): HTMLElement {
  const lines = chosenFeatures().flatMap((feature) => (feature.r2Training ?? []).map((r2, e) => ({ feature, step: e, r2 })));
  const ends = apart(
    lines.filter((point) => point.step === steps.length - 1),
    0.075,
  );
  const stroke = unscaled((p: (typeof lines)[number]) => colourOf(p.feature.index));
  return chart('R² of chosen features from the penultimate layer of each checkpoint', {
    width,
    height: heightFor(width),
    marginBottom: 56,
    marginRight: 44,
    x: epochs(width - 92),
    y: { label: 'R² of chosen features', domain: [0, 1], grid: true, ticks: 5 },
    marks: [
      Plot.line(lines, { x: 'step', y: 'r2', z: (p: (typeof lines)[number]) => p.feature.index, stroke, strokeWidth: 2.5 }),
      Plot.dot(lines, { x: 'step', y: 'r2', r: 3.5, fill: stroke, stroke: 'var(--paper)' }),
      Plot.text(ends, {
        x: 'step',
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
          x: 'step',
          y: 'r2',
          title: (p: (typeof lines)[number]) => tipText(p.feature, `${checkpoints[p.step]?.name ?? ''}: R² ${fixed(p.r2)}`),
          ...TIP,
        }),
      ),
    ],
  }) as HTMLElement;
}

export function checkpointMeans(width: number): HTMLElement {
  const drawing = chart('Mean complexity at each checkpoint, of all features and of the most important', {
    width,
    height: heightFor(width, 300),
    marginBottom: 56,
    x: epochs(width - 64),
    y: { label: 'mean K', nice: true, grid: true, ticks: 5 },
    marks: [
      Plot.line(steps, { x: 'step', y: 'meanK', stroke: 'var(--ink)', strokeWidth: 2.5 }),
      Plot.dot(steps, { x: 'step', y: 'meanK', r: 3.5, fill: 'var(--ink)' }),
      Plot.line(steps, { x: 'step', y: 'meanKTop', stroke: 'var(--accent)', strokeWidth: 2.5, strokeDasharray: '7,4' }),
      Plot.dot(steps, { x: 'step', y: 'meanKTop', r: 3.5, fill: 'var(--accent)' }),
      Plot.tip(
        steps,
        Plot.pointerX({
          x: 'step',
          y: 'meanK',
          title: (c: (typeof steps)[number]) => `${c.name}\nmean K ${fixed(c.meanK)}\n${c.topCount} most important ${fixed(c.meanKTop)}`,
          ...TIP,
        }),
      ),
    ],
  });
  return element(
    'div',
    {},
    legend([
      { text: 'all features', colour: 'var(--ink)' },
      { text: `${checkpoints.at(-1)?.topCount ?? ''} most important`, colour: 'var(--accent)', dash: 'dashed' },
    ]),
    drawing,
  );
}

export function checkpointRelation(width: number): HTMLElement {
  const known = steps.filter((c) => c.importanceRhoStd !== null && c.importanceRhoRaw !== null);
  const drawing = chart('Rank correlation of complexity with importance at each checkpoint', {
    width,
    height: heightFor(width, 300),
    marginBottom: 56,
    x: epochs(width - 64),
    y: { label: 'ρ with importance', domain: [-1, 1], grid: true, ticks: 5, tickFormat: (v: number) => signed(v) },
    marks: [
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
      Plot.line(known, { x: 'step', y: 'importanceRhoStd', stroke: 'var(--ink)', strokeWidth: 2.5 }),
      Plot.dot(known, { x: 'step', y: 'importanceRhoStd', r: 3.5, fill: 'var(--ink)' }),
      Plot.line(known, { x: 'step', y: 'importanceRhoRaw', stroke: 'var(--accent)', strokeWidth: 2.5, strokeDasharray: '7,4' }),
      Plot.dot(known, { x: 'step', y: 'importanceRhoRaw', r: 3.5, fill: 'var(--accent)' }),
      Plot.tip(
        known,
        Plot.pointerX({
          x: 'step',
          y: 'importanceRhoStd',
          title: (c: (typeof known)[number]) => `${c.name}\nK ${signed(c.importanceRhoStd)}\nK raw ${signed(c.importanceRhoRaw)}`,
          ...TIP,
        }),
      ),
    ],
  });
  return element(
    'div',
    {},
    legend([
      { text: 'K', colour: 'var(--ink)' },
      { text: 'K raw', colour: 'var(--accent)', dash: 'dashed' },
    ]),
    drawing,
  );
}
