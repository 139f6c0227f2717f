/**
 * The programmatic API: `run` measures, `openDataset` and `openFile` read data, `readRecord` and `parseRecord` read records; the
 * rest are types and schemas.
 */
export type { ColumnInfo, DataFile, Dataset, LoadOptions, OpenDataFile, Values } from './data/dataset.js';
export { type OpenOptions, openDataset, openFile } from './data/open.js';
export { type ErrorCode, PinbenchError } from './errors.js';
export type { Clock } from './measure/clock.js';
export type { Phase, Progress } from './measure/progress.js';
export { parseRecord, readRecord } from './record/file.js';
export {
  type Comparison,
  type MeasuredResult,
  type Result,
  type RunRecord,
  recordJsonSchema,
  recordSchema,
  type Warning,
} from './record/schema.js';
export { type RunOptions, run } from './run.js';
export type { Surroundings } from './surroundings.js';
