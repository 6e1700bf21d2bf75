import { simpleToComplex } from './data/feature-order.js';
import { html } from './html.js';
import { whole } from './data/numbers.js';
import type { ReportData } from './data/report-data.js';
import { plot, type Section } from './section.js';

export function spectrumSection(data: ReportData): Section {
  return {
    id: 'spectrum',
    heading: 'From simple to complex',
    wide: true,
    lede: html`All ${whole(simpleToComplex(data.features).length)} live features, the simplest on the left, the most complex on the right, each with the images on which it is strongest. Choose some to follow them through the page.`,
    figure: html`<div class="controls"><div class="buttons" role="group" aria-label="Go to"><button type="button" data-go="0">Simplest</button><button type="button" data-go="0.5">Middle</button><button type="button" data-go="1">Most complex</button></div><p class="hint">Arrow keys move, Enter or Space chooses; up to eight.</p></div>
<div class="minimap" aria-hidden="true"></div>
<div class="strip"></div>
<div class="compare"></div>`,
    shows: html`The line on top is the whole order at a glance; the frame is the part below. Height and colour of a bar are K. Below it are the images with the largest codes, from the top down. Looking along the strip tells what kind of thing is simple for this network and what is not.`,
    silent: html`Strongest images are the tip of a distribution: a feature may be present in many others and mean less there. Neighbours in this order may lie within each other’s error.`,
  };
}

export function distributionSection(data: ReportData): Section {
  return {
    id: 'distribution',
    heading: 'How complexity is distributed',
    lede: html`Are there kinds of features, or a continuum from simple to complex?`,
    figure: html`${plot('distribution', 'Complexity of every feature in ascending order with standard errors, and a histogram')}`,
    shows: html`Each dot is a feature in the order of the strip above; the line through it reaches one standard error up and down. The bars count features by K.`,
    silent: html`The error is that of the folds of images that were probed. It does not contain what another dictionary, another seed or another network would change.${data.features.some((f) => f.dead) ? ' Dead features are left out.' : ''}`,
  };
}

export function layersSection(data: ReportData): Section {
  return {
    id: 'layers',
    heading: 'Where features become readable',
    lede: html`R² of the probes from the first layer to the last: an early rise is a simple feature, a late one a complex one.`,
    figure: html`<form class="controls add" data-add><label for="add-feature">Add a feature</label> <input id="add-feature" list="feature-names" autocomplete="off" placeholder="number or name"><datalist id="feature-names"></datalist><button type="submit">Add</button></form>
${plot('layers', 'Held-out R² of chosen features at each layer')}
<ol class="taps">${data.layers.map((layer) => html`<li>${layer}</li>`)}</ol>`,
    shows: html`Lines are the chosen features. The band holds the middle 80 % of all live features, its line their median. The dotted floor is what the same probes reach on shuffled codes (95th percentile): below it nothing is read.`,
    silent: html`A linear probe finds what lies open. R² near the floor does not say that the layer lacks the information, only that no weighted sum of its averaged channels gives it.`,
  };
}
