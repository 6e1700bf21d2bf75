export { renderReport } from './render-report.js';
export { featuresCsv } from './data/feature-files.js';
export { thumbnailSheets, type Pixels } from './thumbnail-sheets.js';
export type {
  AblationOrder,
  RankCorrelation,
  ReportAblation,
  ReportCheckpoint,
  ReportData,
  ReportFaithfulness,
  ReportFeature,
  ReportFlow,
  ReportImages,
  ReportImageSet,
  ReportModel,
  ReportRelation,
  ReportSheet,
  ReportStudy,
  ReportThumbnails,
  ReportTopImage,
} from './data/report-data.js';
