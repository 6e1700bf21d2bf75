import * as Plot from '@observablehq/plot';
import { element } from '../element.js';
import { featureName, ordered, report } from '../report.js';
import { chosen, toggle } from '../selection.js';
import type { ReportFeature } from '../../data/report-data.js';

export type Drawing = (SVGSVGElement | HTMLElement) & Plot.Plot;

/** Observable Plot with the page's type, and a name for those who do not see it. */
export function chart(label: string, options: Plot.PlotOptions): Drawing {
  const drawing = Plot.plot({
    marginTop: 28,
    marginRight: 16,
    marginBottom: 40,
    marginLeft: 48,
    ...options,
    style: { fontSize: '12px', fontFamily: 'var(--sans)', background: 'transparent', overflow: 'visible' },
  });
  drawing.setAttribute('role', 'img');
  drawing.setAttribute('aria-label', label);
  return drawing;
}

/** How the little boxes beside the pointer look. */
export const TIP = { fill: 'var(--raised)', stroke: 'var(--line)', lineHeight: 1.35 } as const;

/** Colours that are colours already, not data to put on a scale. */
export function unscaled<T>(colour: (item: T) => string): { value: (item: T) => string; scale: null } {
  return { value: colour, scale: null };
}

/** A click chooses the feature that the pointer is at. */
export function choosing(drawing: Drawing): Drawing {
  drawing.classList.add('choosing');
  drawing.addEventListener('click', () => {
    const index = (drawing.value as { index?: number } | null)?.index;
    if (index !== undefined && report.features[index] && !report.features[index].dead) toggle(index);
  });
  return drawing;
}

export function chosenFeatures(): ReportFeature[] {
  return chosen().flatMap((index) => report.features[index] ?? []);
}

export const shortName = (feature: ReportFeature): string => `#${feature.index}`;

/** Lines for a tip: the name, then what is told. */
export function tipText(feature: ReportFeature, ...lines: readonly string[]): string {
  return [featureName(feature), ...lines].join('\n');
}

/** Lines with their colour and dash: charts name their series in words. */
export function legend(items: readonly { text: string; colour: string; dash?: string; mark?: 'line' | 'dot' | 'ring' | 'area' }[]): HTMLElement {
  return element(
    'ul',
    { class: 'legend' },
    ...items.map(({ text, colour, dash, mark }) => {
      const sample = element('i', { class: mark ?? 'line', 'data-dash': dash ?? null });
      sample.style.setProperty('--colour', colour);
      return element('li', {}, sample, text);
    }),
  );
}

/** Where a value lies between the simplest and the most complex feature: for colours. */
export function place(kStd: number): number {
  const [low, high] = [ordered[0]?.kStd ?? 0, ordered.at(-1)?.kStd ?? 1];
  return high > low ? (kStd - low) / (high - low) : 0.5;
}

export const heightFor = (width: number, most = 380): number => Math.round(Math.min(most, Math.max(250, width * 0.62)));
