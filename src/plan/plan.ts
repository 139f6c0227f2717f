import { ELEMENT_BYTES } from '../data/dataset.js';
import { usageError } from '../errors.js';
import type { DType, Fetch, Readback, Remainder, Sampling, Shuffle } from '../words.js';
import type { Strategy } from './strategy.js';

/** The shape of a dataset: all that a plan needs to know of it. */
export interface DatasetShape {
  readonly rows: number;
  readonly cols: number;
  /** Element type as the device sees it. */
  readonly dtype: DType;
}

/** What is asked of a run, before it meets a dataset. */
export interface PlanRequest {
  /** Rows per mini-batch, each a cell of the grid. */
  readonly batches: readonly number[];
  /** Graph passes per mini-batch, each a cell of the grid. */
  readonly works: readonly number[];
  /** Measured epochs per strategy. */
  readonly epochs: number;
  /** Epochs first, not counted. */
  readonly warmup: number;
  readonly shuffle: Shuffle;
  readonly sampling: Sampling;
  readonly seed: number;
  readonly remainder: Remainder;
  readonly fetch: Fetch;
  /** How a scalar comes back, where an engine has the choice. */
  readonly readback: Readback;
}

/** One cell of the grid, one batch size and one work, as data: what will be done, before anything is. */
export interface Plan extends DatasetShape, Omit<PlanRequest, 'batches' | 'works'> {
  readonly batch: number;
  readonly work: number;
  readonly stepsPerEpoch: number;
  /** Rows an epoch visits: all of them, or without the remainder. */
  readonly rowsPerEpoch: number;
  /** Timed blocks of each strategy; the unit of the statistics. */
  readonly rounds: number;
}

/** Rounds where the epochs allow; fewer epochs give a round each. */
export const ROUNDS = 20;
/** Bytes of a row index that travels when the device gathers. */
const INDEX_BYTES = 4;

/** The cells of the grid, batches outermost. A batch that does not fit the rows is a usage error. */
export function planCells(shape: DatasetShape, request: PlanRequest): Plan[] {
  const { batches, works, ...rest } = request;
  mustBeWhole('--epochs', request.epochs, 1);
  mustBeWhole('--warmup', request.warmup, 0);
  for (const work of works) mustBeWhole('--work', work, 1);
  return batches.flatMap((batch) => works.map((work) => planCell(shape, rest, batch, work)));
}

/** The command line has checked its flags; callers of `run` have not. */
function mustBeWhole(flag: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw usageError(flag, String(value), { expected: `a whole number, ${least} or more` });
}

function planCell(
  shape: DatasetShape,
  request: Omit<PlanRequest, 'batches' | 'works'>,
  batch: number,
  work: number,
): Plan {
  if (!Number.isSafeInteger(batch) || batch < 1 || batch > shape.rows) {
    throw usageError('--batch', `${batch} rows per mini-batch of a dataset of ${shape.rows} rows`, {
      expected: `a whole number from 1 to ${shape.rows}`,
    });
  }
  const stepsPerEpoch =
    request.remainder === 'keep' ? Math.ceil(shape.rows / batch) : Math.floor(shape.rows / batch);
  return {
    ...shape,
    ...request,
    batch,
    work,
    stepsPerEpoch,
    rowsPerEpoch: request.remainder === 'keep' ? shape.rows : stepsPerEpoch * batch,
    rounds: roundsOf(request.epochs),
  };
}

/** How many rounds so many epochs are measured in: 20, or one an epoch where there are fewer. */
export function roundsOf(epochs: number): number {
  return Math.min(ROUNDS, epochs);
}

/** Whole epochs of round `round`: all rounds alike, the first ones an epoch longer where they do not divide. */
export function epochsOfRound(epochs: number, rounds: number, round: number): number {
  return Math.floor(epochs / rounds) + (round < epochs % rounds ? 1 : 0);
}

/** The half-open range of rows of mini-batch `index`; the last one may be short. */
export function rowsOf(plan: Plan, index: number): readonly [begin: number, end: number] {
  const begin = index * plan.batch;
  return [begin, Math.min(begin + plan.batch, plan.rowsPerEpoch)];
}

/** What a strategy moves from host to device, in bytes. */
export interface Movement {
  /** Mean over the steps of an epoch: a short last mini-batch counts as what it is. */
  readonly h2dBytesPerStep: number;
  /** Once, in setup. */
  readonly h2dBytesSetup: number;
}

/** Bytes a strategy moves by its plan. An engine that counts its copies must arrive at the same. */
export function movementOf(plan: Plan, strategy: Strategy): Movement {
  const rowBytes = rowBytesOf(plan);
  const rowsPerStep = plan.rowsPerEpoch / plan.stepsPerEpoch;
  // A device that gathers for itself over the link gets the row indexes too.
  const list = strategy.mapped && plan.sampling === 'gather' ? rowsPerStep * INDEX_BYTES : 0;
  if (!strategy.resident) return { h2dBytesPerStep: rowsPerStep * rowBytes + list, h2dBytesSetup: 0 };
  const indexes = plan.sampling === 'gather' ? rowsPerStep : strategy.replay ? 1 : 0;
  return {
    h2dBytesPerStep: indexes * INDEX_BYTES,
    h2dBytesSetup: plan.rows * rowBytes,
  };
}

/** Bytes of one row on the device. */
export function rowBytesOf({ cols, dtype }: DatasetShape): number {
  return cols * ELEMENT_BYTES[dtype];
}
