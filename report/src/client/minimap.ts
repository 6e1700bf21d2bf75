import { place } from './charts/chart.js';
import { element } from './element.js';
import { ramp } from './ramp.js';
import { ordered } from './report.js';
import { chosen, colourOf, onChoice } from './selection.js';
import { pictures } from './thumbnails.js';

const STOPS = 24;
const PICTURE = 32;

/** The whole order in one line, a picture for every so many features, with the part in sight and the chosen features marked; a press goes there. */
export function startMinimap(minimap: HTMLElement, strip: HTMLElement, goTo: (share: number) => void): void {
  const window = element('i', { class: 'window' });
  const marks = element('span');
  const glance = element('span', { class: 'glance' });
  const scale = element('span', { class: 'scale' });
  minimap.append(glance, scale, window, marks);
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => ordered[Math.round((i / STOPS) * (ordered.length - 1))]);
  scale.style.background = `linear-gradient(to right, ${stops.map((feature) => ramp(place(feature?.kStd ?? 0))).join(', ')})`;

  const follow = (): void => {
    window.style.left = `${(100 * strip.scrollLeft) / strip.scrollWidth}%`;
    window.style.width = `${Math.min(100, (100 * strip.clientWidth) / strip.scrollWidth)}%`;
  };
  strip.addEventListener('scroll', follow, { passive: true });
  const look = (): void => {
    const count = Math.min(ordered.length, Math.floor((minimap.clientWidth + 1) / (PICTURE + 1)));
    const tiles = Array.from({ length: count }, (_, i) => ordered[Math.floor(((i + 0.5) / count) * ordered.length)]?.topImages[0]?.tile);
    glance.replaceChildren(
      pictures(
        tiles.filter((tile) => tile !== undefined),
        { size: PICTURE, gap: 1, vertical: false, label: '' },
      ),
    );
  };
  new ResizeObserver(() => {
    follow();
    look();
  }).observe(strip);

  const mark = (): void => {
    marks.replaceChildren(
      ...chosen().map((index) => {
        const tick = element('i', { class: 'tick' });
        tick.style.left = `${(100 * (ordered.findIndex((feature) => feature.index === index) + 0.5)) / ordered.length}%`;
        tick.style.background = colourOf(index);
        return tick;
      }),
    );
  };
  onChoice(mark);

  const press = (event: PointerEvent): void => {
    const box = minimap.getBoundingClientRect();
    goTo((event.clientX - box.left) / box.width);
  };
  minimap.addEventListener('pointerdown', (event) => {
    minimap.setPointerCapture(event.pointerId);
    press(event);
  });
  minimap.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) press(event);
  });
}
