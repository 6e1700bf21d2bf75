import { closing } from './closing.js';
import { distributionSection, layersSection, spectrumSection } from './complexity-sections.js';
import { featuresSection } from './features-section.js';
import { flowSection, trainingSection } from './formation-sections.js';
import { html, type Html } from './html.js';
import { masthead } from './masthead.js';
import { relationsSection } from './relations-section.js';
import type { ReportData } from './data/report-data.js';
import { section, type Section } from './section.js';
import { ablationSection, importanceSection, robustnessSection } from './use-sections.js';

/** Everything that is said in words, and the places where the client draws. */
export function pageBody(data: ReportData): Html {
  const sections: Section[] = [
    spectrumSection(data),
    distributionSection(data),
    layersSection(data),
    trainingSection(data),
    flowSection(data),
    importanceSection(data),
    ablationSection(data),
    robustnessSection(data),
    relationsSection(data),
    featuresSection(data),
  ];
  return html`<body>
<a class="skip" href="#main">Skip to the features</a>
${masthead(data)}
<nav class="contents" aria-label="Contents"><ol>${sections.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li>`)}</ol></nav>
<noscript><p class="absent page">The pictures and the table of features need JavaScript, which is inside this file; nothing is loaded from elsewhere.</p></noscript>
<main id="main" tabindex="-1">
${sections.map(section)}</main>
${closing(data)}
<aside id="chosen" class="chosen" aria-label="Chosen features" hidden></aside>
<p id="announcer" class="unseen" role="status"></p>
</body>
`;
}
