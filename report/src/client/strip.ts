import { fixed } from '../data/numbers.js';
import type { ReportFeature } from '../data/report-data.js';
import { place } from './charts/chart.js';
import { element, find } from './element.js';
import { startMinimap } from './minimap.js';
import { ramp } from './ramp.js';
import { featureName, ordered } from './report.js';
import { chosen, colourOf, isChosen, onChoice, toggle } from './selection.js';
import { pictures } from './thumbnails.js';

const CARD = 52;
const PICTURE = 44;
const SHOWN = 6;
const AROUND = 6;

/** The features in a row, simple to complex: a list to walk through by keys, of which only the part in sight is in the document. */
export function startStrip(): void {
  const strip = find('.strip');
  const minimap = find('.minimap');
  if (!strip || !minimap) return;
  const list = element('div', {
    class: 'cards',
    role: 'listbox',
    tabindex: 0,
    'aria-multiselectable': true,
    'aria-orientation': 'horizontal',
    'aria-label': 'Features from simple to complex',
  });
  list.style.width = `${ordered.length * CARD}px`;
  strip.append(list);
  const cards = new Map<number, HTMLElement>();
  let active = 0;

  const fill = (): void => {
    const first = Math.max(0, Math.floor(strip.scrollLeft / CARD) - AROUND);
    const last = Math.min(ordered.length - 1, Math.ceil((strip.scrollLeft + strip.clientWidth) / CARD) + AROUND);
    for (const [position, card] of cards) {
      if ((position < first || position > last) && position !== active) {
        card.remove();
        cards.delete(position);
      }
    }
    for (let position = first; position <= last; position++) if (!cards.has(position)) add(position);
  };
  const add = (position: number): void => {
    const feature = ordered[position];
    if (!feature) return;
    const made = card(feature, position);
    cards.set(position, made);
    list.append(made);
    mark(feature, made);
  };
  const mark = (feature: ReportFeature, made: HTMLElement): void => {
    made.setAttribute('aria-selected', String(isChosen(feature.index)));
    made.style.setProperty('--colour', colourOf(feature.index));
  };
  const goTo = (position: number): void => {
    cards.get(active)?.classList.remove('active');
    active = Math.min(ordered.length - 1, Math.max(0, position));
    if (!cards.has(active)) add(active);
    cards.get(active)?.classList.add('active');
    list.setAttribute('aria-activedescendant', `card-${ordered[active]?.index}`);
    const left = active * CARD;
    if (left < strip.scrollLeft) strip.scrollLeft = left - CARD;
    else if (left + CARD > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = left + 2 * CARD - strip.clientWidth;
  };
  const pick = (position: number): void => {
    const feature = ordered[position];
    if (feature) toggle(feature.index);
  };

  const page = (): number => Math.max(1, Math.floor(strip.clientWidth / CARD) - 1);
  const moves: Readonly<Record<string, () => number>> = {
    ArrowRight: () => active + 1,
    ArrowLeft: () => active - 1,
    Home: () => 0,
    End: () => ordered.length - 1,
    PageDown: () => active + page(),
    PageUp: () => active - page(),
  };
  list.addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (move) goTo(move());
    else if (event.key === 'Enter' || event.key === ' ') pick(active);
    else return;
    event.preventDefault();
  });
  list.addEventListener('focus', () => goTo(active));
  list.addEventListener('click', (event) => {
    const position = Number((event.target as Element).closest<HTMLElement>('[role=option]')?.dataset['position'] ?? -1);
    if (position < 0) return;
    goTo(position);
    pick(position);
  });
  const centre = (share: number): void => {
    strip.scrollLeft = share * ordered.length * CARD - strip.clientWidth / 2;
  };
  for (const button of document.querySelectorAll<HTMLElement>('[data-go]'))
    button.addEventListener('click', () => centre(Number(button.dataset['go'])));
  strip.addEventListener('scroll', fill, { passive: true });
  new ResizeObserver(fill).observe(strip);
  onChoice(() => cards.forEach((made, position) => ordered[position] && mark(ordered[position], made)));
  startMinimap(minimap, strip, centre);
  // The chosen features start in sight of each other only at the simple end.
  if (chosen().length === 0) centre(0);
}

function card(feature: ReportFeature, position: number): HTMLElement {
  const bar = element('i', { class: 'bar' });
  bar.style.height = `${Math.max(2, feature.kStd * 100)}%`;
  bar.style.background = ramp(place(feature.kStd));
  const tiles = feature.topImages.slice(0, SHOWN).map((image) => image.tile);
  const made = element(
    'div',
    {
      role: 'option',
      id: `card-${feature.index}`,
      class: 'card',
      'data-position': position,
      'aria-posinset': position + 1,
      'aria-setsize': ordered.length,
      'aria-label': `${featureName(feature)}, K ${fixed(feature.kStd)}`,
      title: `${featureName(feature)}\nK ${fixed(feature.kStd)} ± ${fixed(feature.kStdSe)}`,
    },
    element('span', { class: 'rise' }, bar),
    element('span', { class: 'k' }, fixed(feature.kStd, 2)),
    pictures(tiles, { size: PICTURE, gap: 2, vertical: true, label: `Strongest images of ${featureName(feature)}` }),
    element('span', { class: 'name' }, featureName(feature)),
  );
  made.style.left = `${position * CARD}px`;
  return made;
}
