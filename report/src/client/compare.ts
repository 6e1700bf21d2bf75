import { fixed, percent, significant } from '../data/numbers.js';
import type { ReportFeature } from '../data/report-data.js';
import { chosenFeatures } from './charts/chart.js';
import { element, find } from './element.js';
import { featureName, report } from './report.js';
import { colourOf, onChoice, toggle } from './selection.js';
import { pictures } from './thumbnails.js';

/** The chosen features side by side: their images, and the numbers that one compares first. */
export function startCompare(): void {
  const place = find('.compare');
  if (place) onChoice(() => place.replaceChildren(...chosenFeatures().map(portrait)));
}

function portrait(feature: ReportFeature): HTMLElement {
  const facts: [string, string][] = [
    ['K', `${fixed(feature.kStd)} ± ${fixed(feature.kStdSe)}`],
    ['half depth', `${fixed(feature.depthHalf, 1)} of ${report.layers.length}`],
    ...(feature.lambda === null ? [] : ([['Λ', fixed(feature.lambda)]] as [string, string][])),
    ...(feature.importance === null ? [] : ([['importance', significant(feature.importance)]] as [string, string][])),
    ['prevalence', percent(feature.prevalence)],
  ];
  const release = element('button', { type: 'button', class: 'release', 'aria-label': `Let go of ${featureName(feature)}` }, '×');
  release.addEventListener('click', () => toggle(feature.index));
  const made = element(
    'article',
    { class: 'portrait', 'aria-label': featureName(feature) },
    element('header', {}, element('h3', {}, featureName(feature)), release),
    pictures(
      feature.topImages.slice(0, 9).map((image) => image.tile),
      { size: 56, gap: 2, vertical: false, label: strongest(feature) },
    ),
    element('dl', {}, ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))),
  );
  made.style.setProperty('--colour', colourOf(feature.index));
  return made;
}

/** What is seen, for those who do not: labels of the strongest images. */
function strongest(feature: ReportFeature): string {
  const counts = new Map<string, number>();
  for (const { label } of feature.topImages) {
    const name = label === null ? undefined : report.data.classes[label];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const told = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`);
  return `Strongest images of ${featureName(feature)}${told.length > 0 ? `: ${told.join(', ')}` : ''}`;
}
