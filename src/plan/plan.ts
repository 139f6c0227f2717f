import { ELEMENT_BYTES } from '../data/dataset.js';
import { usageError } from '../errors.js';
import { powersIn, type Sizes } from '../option-kinds.js';
import { DEFAULT_BATCH, OPTION_ENTRIES, type Settings, type StepOptionName } from '../options.js';
import type { DType } from '../words.js';
import { CHUNK_BYTES, chunkOf } from './chunks.js';
import type { Strategy } from './strategy.js';

/** The shape of a dataset, which is all that a plan needs to know about it. */
export interface DatasetShape {
  readonly rows: number;
  readonly cols: number;
  /** Element type on the device. */
  readonly dtype: DType;
}

/** The settings that define a step and an epoch. */
export type PlanRequest = Pick<Settings, StepOptionName | 'batch' | 'work'> &
  Partial<Pick<Settings, 'chunk'>>;

/** One batch size with one work, as data: what a step and an epoch are, before anything runs. */
export interface Plan extends DatasetShape, Pick<Settings, StepOptionName> {
  readonly batch: number;
  readonly work: number;
  readonly stepsPerEpoch: number;
  /** How many mini-batches are copied at once, by a strategy that copies several. */
  readonly chunk: number;
  /** How many rows an epoch visits: all, or all without the remainder. */
  readonly rowsPerEpoch: number;
}

/** The plans of a run, and the batch sizes that were left out because they exceed the dataset. */
export interface Plans {
  readonly plans: readonly Plan[];
  /** The batch sizes that are measured. */
  readonly batches: readonly number[];
  /** The sizes of a range that have more rows than the dataset, in ascending order. */
  readonly leftOut: readonly number[];
}

/** Size of a row index, which is sent to the device if the device gathers, bytes. */
const INDEX_BYTES = 4;

/**
 * Makes a plan for every batch size with every work, batch sizes outermost. A range is limited to the dataset's rows. A single
 * batch size with more rows than the dataset is a usage error, and so is a range with no size that fits.
 */
export function plansOf(shape: DatasetShape, request: PlanRequest): Plans {
  const { batch: asked, work: works, ...rest } = request;
  const { batches, leftOut } = batchesWithin(shape.rows, asked);
  const plans = batches.flatMap((batch) => works.map((work) => planOf(shape, rest, batch, work)));
  return { plans, batches, leftOut };
}

function batchesWithin(rows: number, asked: Sizes | undefined): Omit<Plans, 'plans'> {
  if (asked === undefined) return { batches: [Math.min(DEFAULT_BATCH, rows)], leftOut: [] };
  const batches = new Set<number>();
  const leftOut = new Set<number>();
  for (const size of asked) {
    const powers = powersIn(size);
    const fitting = powers.filter((power) => power <= rows);
    if (fitting.length === 0) throw tooLarge(powers[0]!, rows);
    for (const power of powers) (power <= rows ? batches : leftOut).add(power);
  }
  return { batches: [...batches], leftOut: [...leftOut].sort((a, b) => a - b) };
}

function tooLarge(batch: number, rows: number): Error {
  return usageError('--batch', `${batch} rows per mini-batch of a dataset of ${rows} rows`, {
    expected: `a whole number from 1 to ${rows}`,
  });
}

function planOf(
  shape: DatasetShape,
  request: Omit<PlanRequest, 'batch' | 'work'>,
  batch: number,
  work: number,
): Plan {
  const { rows, cols, dtype } = shape;
  const { remainder, chunk } = request;
  const stepsPerEpoch = remainder === 'keep' ? Math.ceil(rows / batch) : Math.floor(rows / batch);
  return {
    ...{ rows, cols, dtype, batch, work },
    ...stepOptionsOf(request),
    stepsPerEpoch,
    chunk: chunkOf(chunk ?? Math.floor(CHUNK_BYTES / (batch * rowBytesOf(shape))), stepsPerEpoch),
    rowsPerEpoch: remainder === 'keep' ? rows : stepsPerEpoch * batch,
  };
}

/** The options of a request that define a step, without those that concern other stages. */
function stepOptionsOf(request: Pick<Settings, StepOptionName>): Pick<Settings, StepOptionName> {
  const values = STEP_OPTIONS.map((name) => [name, request[name]]);
  return Object.fromEntries(values) as Pick<Settings, StepOptionName>;
}

const STEP_OPTIONS = OPTION_ENTRIES.flatMap(([name, { definesStep }]) =>
  definesStep ? [name as StepOptionName] : [],
);

/** The half-open range of rows of mini-batch `index`; the last mini-batch may be short. */
export function rowsOf(plan: Plan, index: number): readonly [begin: number, end: number] {
  const begin = index * plan.batch;
  return [begin, Math.min(begin + plan.batch, plan.rowsPerEpoch)];
}

/** What a strategy moves from host to device, in bytes. */
export interface Movement {
  /** Mean over the steps of an epoch, so that a short last mini-batch counts with its actual rows. */
  readonly h2dBytesPerStep: number;
  /** In one setup. */
  readonly h2dBytesSetup: number;
}

/** The bytes that a strategy moves according to its plan. An engine that counts its copies must count the same. */
export function movementOf(plan: Plan, strategy: Strategy): Movement {
  const rowBytes = rowBytesOf(plan);
  const rowsPerStep = plan.rowsPerEpoch / plan.stepsPerEpoch;
  // A device that reads rows over the link itself also needs their indexes.
  const list = strategy.mapped && plan.sampling === 'gather' ? rowsPerStep * INDEX_BYTES : 0;
  if (!strategy.resident) return { h2dBytesPerStep: rowsPerStep * rowBytes + list, h2dBytesSetup: 0 };
  const indexes = plan.sampling === 'gather' ? rowsPerStep : strategy.loop === 'replay' ? 1 : 0;
  return {
    h2dBytesPerStep: indexes * INDEX_BYTES,
    h2dBytesSetup: plan.rows * rowBytes,
  };
}

/**
 * Whether `steps` steps of the sequence from step `at` on visit rows in the same proportion as an epoch, so that the means of an
 * epoch hold for them. That is true of whole epochs, and of any steps if no mini-batch is short. An order that is drawn again for
 * each epoch may have its short mini-batch anywhere.
 */
export function isProportional(plan: Plan, at: number, steps: number): boolean {
  const { rowsPerEpoch, batch, stepsPerEpoch, sampling, shuffle } = plan;
  if (rowsPerEpoch % batch === 0) return true;
  const repeats = sampling === 'gather' || shuffle !== 'epoch';
  return steps % stepsPerEpoch === 0 && (repeats || at % stepsPerEpoch === 0);
}

/** Bytes of one row on the device. */
export function rowBytesOf({ cols, dtype }: DatasetShape): number {
  return cols * ELEMENT_BYTES[dtype];
}
