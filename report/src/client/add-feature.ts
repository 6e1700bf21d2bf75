import { element, find } from './element.js';
import { featureName, ordered } from './report.js';
import { isChosen, toggle } from './selection.js';

/** A field that chooses a feature by number or name. */
export function startAddFeature(): void {
  const form = find<HTMLFormElement>('[data-add]');
  const field = form?.querySelector('input');
  if (!form || !field) return;
  find('#feature-names')?.append(...ordered.map((feature) => element('option', { value: featureName(feature) })));
  field.addEventListener('input', () => field.setCustomValidity(''));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim().toLowerCase();
    const number = /^#?(\d+)\b/.exec(text)?.[1];
    const found = ordered.find((f) => (number === undefined ? text !== '' && f.label.toLowerCase().includes(text) : f.index === Number(number)));
    if (!found) {
      field.setCustomValidity('No live feature has this number or name.');
      field.reportValidity();
      return;
    }
    if (!isChosen(found.index)) toggle(found.index);
    field.value = '';
  });
}
