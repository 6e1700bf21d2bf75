import { chosenFeatures } from './charts/chart.js';
import { element, find } from './element.js';
import { featureName } from './report.js';
import { clear, colourOf, MOST_CHOSEN, onChoice, toggle } from './selection.js';

/** What is chosen, always in sight, to let go of one or all; every change is said as well. */
export function startChosenBar(): void {
  const bar = find('#chosen');
  const announcer = find('#announcer');
  if (!bar) return;
  let before: readonly number[] | null = null;
  onChoice(() => {
    const features = chosenFeatures();
    const focused = bar.contains(document.activeElement);
    const chips = features.map((feature) => {
      const chip = element(
        'button',
        { type: 'button', class: 'chip', 'aria-label': `Let go of ${featureName(feature)}`, title: 'Let go' },
        element('i', {}),
        element('b', {}, `#${feature.index}`),
        ` ${feature.label}`,
      );
      chip.style.setProperty('--colour', colourOf(feature.index));
      chip.addEventListener('click', () => toggle(feature.index));
      return chip;
    });
    const all = element('button', { type: 'button', class: 'clear' }, 'Clear');
    all.addEventListener('click', clear);
    bar.hidden = features.length === 0;
    bar.replaceChildren(
      element('span', { class: 'label' }, `Chosen ${features.length} of ${MOST_CHOSEN}`),
      element('div', { class: 'chips' }, ...chips),
      all,
    );
    if (focused) (bar.querySelector('button') ?? find('.cards'))?.focus();
    if (announcer && before !== null)
      announcer.textContent = `${features.length} of ${MOST_CHOSEN} features chosen${features.length > 0 ? `, last ${featureName(features.at(-1)!)}` : ''}.`;
    before = features.map((feature) => feature.index);
  });
}
