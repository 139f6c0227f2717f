/**
 * The vocabulary of pinbench: every word that may occur in a flag, a plan or a record, defined once. This file imports only the tables,
 * so that the command line and the record share it without importing each other. Words that name an entry of a table come from there.
 */

export { DTYPE_REQUESTS, DTYPES, type DType, type DTypeRequest } from './tables/dtypes.js';
export { ENGINES, type EngineName } from './tables/engines.js';
export { REPORT_FORMATS, type ReportFormat } from './tables/formats.js';
export { STRATEGIES, type StrategyName } from './tables/strategies.js';

/** When the mini-batches are shuffled: once per run, in every epoch, or never (file order). */
export const SHUFFLES = ['once', 'epoch', 'none'] as const;
export type Shuffle = (typeof SHUFFLES)[number];

/** `slice`: a mini-batch is contiguous rows; `gather`: all rows are shuffled in every epoch. */
export const SAMPLINGS = ['slice', 'gather'] as const;
export type Sampling = (typeof SAMPLINGS)[number];

/** Whether the rows that do not fill a mini-batch are dropped or kept. */
export const REMAINDERS = ['drop', 'keep'] as const;
export type Remainder = (typeof REMAINDERS)[number];

/** When the scalars come back to the host, which is also when the host waits for the device. */
export const FETCHES = ['step', 'epoch'] as const;
export type Fetch = (typeof FETCHES)[number];

/** How a scalar comes back from a CUDA device: through mapped memory, or by a copy. */
export const READBACKS = ['mapped', 'copy'] as const;
export type Readback = (typeof READBACKS)[number];

/** The file formats that pinbench reads. */
export const DATA_FORMATS = ['npy', 'arrow'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** The quantity by which two records are compared: the time of a step, or the speedup over feed within a run. */
export const METRICS = ['step', 'speedup'] as const;
export type Metric = (typeof METRICS)[number];

/** The verdicts on a row compared with its baseline. */
export const REGRESSION_VERDICTS = [
  'regressed',
  'improved',
  'same',
  'inconclusive',
  'missing',
  'new',
] as const;
export type RegressionVerdict = (typeof REGRESSION_VERDICTS)[number];

/** Which processes may use a CUDA device. */
export const COMPUTE_MODES = ['default', 'exclusive-thread', 'prohibited', 'exclusive-process'] as const;
export type ComputeMode = (typeof COMPUTE_MODES)[number];

/** The kinds of result that can fail a comparison. */
export const FAILURES = ['regression', 'inconclusive', 'missing'] as const;
export type Failure = (typeof FAILURES)[number];

export const COMPARE_FORMATS = ['table', 'markdown', 'json'] as const;
export type CompareFormat = (typeof COMPARE_FORMATS)[number];

/** The documents that have a JSON Schema: a record, and the JSON output of `compare` and `ab`. */
export const SCHEMAS = ['record', 'compare', 'ab'] as const;
export type SchemaName = (typeof SCHEMAS)[number];

/** The verdicts of a comparison within a run. */
export const VERDICTS = ['faster', 'slower', 'same', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];
