/**
 * The vocabulary of pinbench: every word that may stand in a flag, a plan or a record, once.
 * A leaf, so that the command line and the record agree without importing each other. Words that name an entry of one of the
 * `tables/` are taken from there.
 */

export { DTYPE_REQUESTS, DTYPES, type DType, type DTypeRequest } from './tables/dtypes.js';
export { ENGINES, type EngineName } from './tables/engines.js';
export { REPORT_FORMATS, type ReportFormat } from './tables/formats.js';
export { STRATEGIES, type StrategyName } from './tables/strategies.js';

/** When the order is drawn: once a run, anew each epoch, or never (file order). */
export const SHUFFLES = ['once', 'epoch', 'none'] as const;
export type Shuffle = (typeof SHUFFLES)[number];

/** `slice`: a mini-batch is contiguous rows; `gather`: its rows are drawn anew every epoch. */
export const SAMPLINGS = ['slice', 'gather'] as const;
export type Sampling = (typeof SAMPLINGS)[number];

/** What becomes of the rows that do not fill a mini-batch. */
export const REMAINDERS = ['drop', 'keep'] as const;
export type Remainder = (typeof REMAINDERS)[number];

/** When scalars come back, and with them when the host waits for the device. */
export const FETCHES = ['step', 'epoch'] as const;
export type Fetch = (typeof FETCHES)[number];

/** How a scalar comes back from a CUDA device: through mapped memory, or by a copy. */
export const READBACKS = ['mapped', 'copy'] as const;
export type Readback = (typeof READBACKS)[number];

/** The file formats read. */
export const DATA_FORMATS = ['npy', 'arrow'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** What two records are compared by: the time of a step, or the speedup over feed within a run. */
export const METRICS = ['step', 'speedup'] as const;
export type Metric = (typeof METRICS)[number];

/** What a row of a record is, beside its baseline. */
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

/** What may fail a comparison. */
export const FAILURES = ['regression', 'inconclusive', 'missing'] as const;
export type Failure = (typeof FAILURES)[number];

export const COMPARE_FORMATS = ['table', 'markdown', 'json'] as const;
export type CompareFormat = (typeof COMPARE_FORMATS)[number];

/** What has a JSON Schema: a record, and what `compare` and `ab` print as JSON. */
export const SCHEMAS = ['record', 'compare', 'ab'] as const;
export type SchemaName = (typeof SCHEMAS)[number];

/** What a comparison may conclude. */
export const VERDICTS = ['faster', 'slower', 'same', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];
