import { FEATURE_COLUMNS } from '../data/feature-columns.js';
import { featuresCsv, featuresJson } from '../data/feature-files.js';
import { queryFeatures, type FeatureQuery } from '../data/feature-query.js';
import type { ReportFeature } from '../data/report-data.js';
import { download } from './download.js';
import { element, find } from './element.js';
import { featureName, ordered, report } from './report.js';
import { colourOf, isChosen, onChoice, toggle } from './selection.js';
import { startPages } from './table-pages.js';
import { pictures } from './thumbnails.js';

const COLUMNS = FEATURE_COLUMNS.filter((column) => ordered.some((feature) => column.value(feature) !== null));

/** The table of all live features: sorted by its headings, filtered by the form above it, a page at a time. */
export function startFeatureTable(): void {
  const place = find('.scroll.table');
  const form = find<HTMLFormElement>('#filters');
  const count = find('#table-count');
  if (!place || !form || !count) return;
  let sortBy = 'k_std';
  let descending = false;
  let rows: ReportFeature[] = [];
  const body = element('tbody');
  const headings = [heading('feature', 'Feature', 'Number and name'), ...COLUMNS.map((c) => heading(c.key, c.heading, c.meaning))];
  const head = element('tr', {}, element('th', { scope: 'col' }, element('span', { class: 'unseen' }, 'Chosen')), ...headings);
  place.append(
    element(
      'table',
      { class: 'features' },
      element('caption', { class: 'unseen' }, 'Live features with all measures'),
      element('thead', {}, head),
      body,
    ),
  );
  const pages = startPages((from, to) => body.replaceChildren(...rows.slice(from, to).map(row)));

  const refresh = (): void => {
    rows = queryFeatures(ordered, { ...filterOf(form), sortBy, descending });
    count.textContent = rows.length === ordered.length ? `${rows.length} features` : `${rows.length} of ${ordered.length} features`;
    for (const th of headings) {
      const sorted = th.dataset['key'] === sortBy;
      th.setAttribute('aria-sort', sorted ? (descending ? 'descending' : 'ascending') : 'none');
    }
    pages.show(rows.length);
  };
  for (const th of headings) {
    th.querySelector('button')?.addEventListener('click', () => {
      const key = th.dataset['key'] ?? 'feature';
      descending = key === sortBy ? !descending : false;
      sortBy = key;
      refresh();
    });
  }
  form.addEventListener('input', refresh);
  form.addEventListener('reset', () => setTimeout(refresh));
  form.addEventListener('submit', (event) => event.preventDefault());
  const name = `fathom-features-${report.study.digest.replace(/^sha256:/, '').slice(0, 12)}`;
  form.querySelector('[data-download=csv]')?.addEventListener('click', () => download(`${name}.csv`, 'text/csv', featuresCsv(report, rows)));
  form
    .querySelector('[data-download=json]')
    ?.addEventListener('click', () => download(`${name}.json`, 'application/json', featuresJson(report, rows)));
  onChoice(() => body.querySelectorAll('tr').forEach(markRow));
  refresh();
}

function heading(key: string, text: string, meaning: string): HTMLTableCellElement {
  return element(
    'th',
    { scope: 'col', 'data-key': key, class: key === 'feature' ? 'name' : 'n' },
    element('button', { type: 'button', title: meaning }, text),
  );
}

function row(feature: ReportFeature): HTMLTableRowElement {
  const box = element('input', { type: 'checkbox', 'aria-label': `Choose ${featureName(feature)}` });
  box.addEventListener('change', () => toggle(feature.index));
  const images = pictures(
    feature.topImages.slice(0, 2).map((image) => image.tile),
    { size: 28, gap: 1, vertical: false, label: '' },
  );
  images.setAttribute('aria-hidden', 'true');
  const made = element(
    'tr',
    { 'data-index': feature.index },
    element('td', {}, box),
    element(
      'th',
      { scope: 'row' },
      element('span', { class: 'who' }, images, element('span', {}, element('b', {}, `#${feature.index}`), ` ${feature.label}`)),
    ),
    ...COLUMNS.map((column) => element('td', { class: 'n' }, column.show(column.value(feature)))),
  );
  made.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('input')) toggle(feature.index);
  });
  markRow(made);
  return made;
}

function markRow(made: HTMLTableRowElement): void {
  const index = Number(made.dataset['index']);
  const box = made.querySelector('input');
  if (box) box.checked = isChosen(index);
  made.classList.toggle('chosen-row', isChosen(index));
  made.style.setProperty('--colour', colourOf(index));
}

/** What the form asks for; a bound that is no number (yet) is marked and not applied. */
function filterOf(form: HTMLFormElement): FeatureQuery {
  const values = new FormData(form);
  const entry = (name: string): string => {
    const value = values.get(name);
    return typeof value === 'string' ? value : '';
  };
  const bound = (name: string): number | undefined => {
    const text = entry(name).trim().replace('−', '-').replace(',', '.');
    const value = text === '' ? undefined : Number(text);
    const wrong = value !== undefined && !Number.isFinite(value);
    form.querySelector(`[name=${name}]`)?.setAttribute('aria-invalid', String(wrong));
    return wrong ? undefined : value;
  };
  const [least, most] = [bound('least'), bound('most')];
  return { text: entry('text'), bounded: entry('bounded'), ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) };
}
