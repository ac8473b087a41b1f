export type { ByteSource, FileEntry, FileTree } from './byte-source.js';
export type {
  CameraSpec,
  DatasetSource,
  EpisodeItem,
  FormatReader,
  ImageItem,
  Known,
  NumberRows,
  SignalSpec,
  SourceEpisode,
  SourceHead,
} from './dataset-source.js';
export type {
  CameraFact,
  ClockFact,
  CoverageFacts,
  DatasetMeasure,
  EpisodeFact,
  EpisodeFile,
  FeatureStats,
  FormatName,
  MotionFact,
  OutcomeSource,
  QualityFacts,
  Rate,
  Spread,
  StreamFact,
  StreamRole,
  TaskSpan,
} from './episode-model.js';
export { blankMeasure } from './episode-model.js';
export type { Finding, FindingCode, FindingSeverity } from './findings.js';
export { FINDING_SEVERITIES, FindingLog } from './findings.js';
export type { MeasureOptions, MeasureProgress } from './measure-dataset.js';
export { measureDataset, openDataset } from './measure-dataset.js';
export type { MeasureHooks } from './measuring/measure-source.js';
export { measureSource } from './measuring/measure-source.js';
export type { Mp4Video } from './mp4/mp4.reader.js';
export { readMp4 } from './mp4/mp4.reader.js';
export type { Mp4Samples } from './mp4/mp4-samples.js';
export { readMp4Samples } from './mp4/mp4-samples.js';
export { DatasetFiles, refusalOfPath } from './tree.js';
export type { NumberColumn, RowColumn, RowValues } from './parquet/columns.js';
export type { Leaf, ParquetMeta } from './parquet/metadata.js';
export { ParquetFile } from './parquet/parquet.reader.js';
export { FeatureAccumulator } from './stats/feature-stats.js';
export { PooledStats } from './stats/pooled-stats.js';
