import { html, type Html } from './html.js';

/** A chapter of the page: what is asked, the picture, and what the picture does and does not say. */
export interface Section {
  /** Anchor and name of the figure. */
  readonly id: string;
  readonly heading: string;
  readonly lede: Html;
  /** Controls and places for charts; null when there is nothing to draw. */
  readonly figure: Html | null;
  readonly shows: Html;
  readonly silent: Html;
  /** Over the whole width, with the text above, instead of beside. @default false */
  readonly wide?: boolean;
}

export function section(part: Section): Html {
  const { id, heading, lede, figure, shows, silent } = part;
  return html`<section id="${id}" class="part${part.wide ? ' wide' : ''}" aria-labelledby="${id}-heading">
<div class="words"><h2 id="${id}-heading">${heading}</h2><p class="lede">${lede}</p></div>
${
  figure === null
    ? html`<p class="absent">${ABSENT}</p>`
    : html`<figure aria-labelledby="${id}-heading">${figure}
<figcaption><p><b>Shows</b> ${shows}</p><p><b>Does not show</b> ${silent}</p></figcaption></figure>`
}
</section>
`;
}

/** The place where the client draws the chart of that name. */
export function plot(name: string, label: string): Html {
  return html`<div class="plot" data-plot="${name}" data-label="${label}"></div>`;
}

/** A choice between a few views of a chart: radio buttons, the first chosen. */
export function choice(name: string, legend: string, options: readonly (readonly [value: string, text: string])[]): Html {
  return html`<fieldset class="choice" data-choice="${name}"><legend>${legend}</legend>${options.map(
    ([value, text], i) =>
      html`<label><input type="radio" name="${name}" value="${value}"${i === 0 ? html` checked` : null}><span>${text}</span></label>`,
  )}</fieldset>`;
}

const ABSENT = 'This study did not compute it.';
