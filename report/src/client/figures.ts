import { onChoice } from './selection.js';

type Draw = (width: number) => Node;

interface Drawn {
  readonly place: HTMLElement;
  readonly draw: Draw;
  width: number;
  stale: boolean;
  near: boolean;
}

const figures = new Map<Element, Drawn>();

const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const figure = figures.get(target);
    const width = Math.floor(contentRect.width);
    if (!figure || width === 0 || width === figure.width) continue;
    figure.width = width;
    redraw(figure);
  }
});

const nearness = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const figure = figures.get(target);
      if (!figure) continue;
      figure.near = isIntersecting;
      if (isIntersecting && figure.stale) redraw(figure);
    }
  },
  { rootMargin: '400px' },
);

/** Keeps a chart drawn at the width of its place: again when that changes, and when the choice does (later, if it is out of sight). */
export function startFigure(name: string, draw: Draw): void {
  const place = document.querySelector<HTMLElement>(`[data-plot="${name}"]`);
  if (!place) return;
  figures.set(place, { place, draw, width: 0, stale: true, near: true });
  sizes.observe(place);
  nearness.observe(place);
}

/** What is chosen of a chart's views; every change draws the charts again. */
export function view(name: string): string {
  return document.querySelector<HTMLInputElement>(`[data-choice="${name}"] input:checked`)?.value ?? '';
}

export function startFigures(): void {
  onChoice(invalidate);
  for (const fieldset of document.querySelectorAll('[data-choice]')) fieldset.addEventListener('change', invalidate);
  window.addEventListener('beforeprint', () => figures.forEach((figure) => figure.stale && redraw(figure)));
}

function invalidate(): void {
  for (const figure of figures.values()) {
    figure.stale = true;
    if (figure.near) redraw(figure);
  }
}

function redraw(figure: Drawn): void {
  if (figure.width === 0) return;
  figure.stale = false;
  figure.place.replaceChildren(figure.draw(figure.width));
}
