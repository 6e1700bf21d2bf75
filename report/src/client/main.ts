import { firstChoice } from '../data/feature-order.js';
import { startAddFeature } from './add-feature.js';
import { ablation } from './charts/ablation.js';
import { distribution } from './charts/distribution.js';
import { flow } from './charts/flow.js';
import { layers } from './charts/layers.js';
import { relations } from './charts/relations.js';
import { scatter } from './charts/scatter.js';
import { checkpointMeans, checkpointRelation, lateness, readability } from './charts/training.js';
import { startChosenBar } from './chosen-bar.js';
import { startCompare } from './compare.js';
import { startFeatureTable } from './feature-table.js';
import { startFigure, startFigures } from './figures.js';
import { report } from './report.js';
import { toggle } from './selection.js';
import { startStrip } from './strip.js';
import { startTheme } from './theme.js';

startTheme();
// On a small screen the list of digests would stand between the reader and the features.
if (window.matchMedia('(max-width: 40rem)').matches) document.querySelector('.origin')?.removeAttribute('open');
startStrip();
startCompare();
startChosenBar();
startAddFeature();
startFeatureTable();
startFigures();

startFigure('distribution', distribution);
startFigure('layers', layers);
startFigure('lateness', lateness);
startFigure('readability', readability);
startFigure('checkpoints', checkpointMeans);
startFigure('checkpoint-relation', checkpointRelation);
startFigure('flow', flow);
startFigure('ablation', ablation);
startFigure('relations', relations);
const importance = { y: (f: (typeof report.features)[number]) => f.importance, yLabel: 'importance, logits', spreadY: true };
startFigure('importance-std', (width) => scatter(width, { ...importance, label: 'Importance against K', x: (f) => f.kStd, xLabel: 'K' }));
startFigure('importance-raw', (width) => scatter(width, { ...importance, label: 'Importance against K raw', x: (f) => f.kRaw, xLabel: 'K raw' }));
const complexity = { x: (f: (typeof report.features)[number]) => f.kStd, xLabel: 'K' };
startFigure('redundancy', (width) => scatter(width, { ...complexity, label: 'Redundancy against K', y: (f) => f.redundancy, yLabel: 'redundancy' }));
startFigure('sensitivity', (width) =>
  scatter(width, { ...complexity, label: 'Sensitivity to noise against K', y: (f) => f.sensitivity, yLabel: 'sensitivity', spreadY: true }),
);
startFigure('hoyer', (width) => scatter(width, { ...complexity, label: 'Hoyer sparsity against K', y: (f) => f.hoyer, yLabel: 'Hoyer' }));

toggle(...firstChoice(report.features));
document.documentElement.dataset['ready'] = 'true';
