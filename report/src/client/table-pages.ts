import { element, find } from './element.js';

const ROWS = 25;

/** Steps through a long table; `draw` is called with the rows to show. */
export function startPages(draw: (from: number, to: number) => void): { show(rows: number): void } {
  let total = 0;
  let page = 0;
  const before = element('button', { type: 'button' }, '← Previous');
  const after = element('button', { type: 'button' }, 'Next →');
  const where = element('span', { role: 'status' });
  const place = find('.pages');
  place?.append(before, where, after);
  const step = (by: number): void => {
    const last = Math.max(0, Math.ceil(total / ROWS) - 1);
    page = Math.min(last, Math.max(0, page + by));
    before.disabled = page === 0;
    after.disabled = page === last;
    const [from, to] = [page * ROWS, Math.min(total, (page + 1) * ROWS)];
    where.textContent = total === 0 ? 'No feature matches' : `${from + 1}–${to} of ${total}`;
    draw(from, to);
  };
  before.addEventListener('click', () => step(-1));
  after.addEventListener('click', () => step(1));
  return {
    show(rows) {
      total = rows;
      page = 0;
      step(0);
    },
  };
}
