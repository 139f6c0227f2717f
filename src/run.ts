import type { Dataset } from './data/dataset.js';
import { openFile } from './data/open.js';
import { closeEngines, type EngineRequest, openEngines } from './engine/registry.js';
import { PinbenchError } from './errors.js';
import { type Clock, systemClock } from './measure/clock.js';
import { lookAtEnvironment } from './measure/environment.js';
import { measure } from './measure/measure.js';
import { type Progress, silent } from './measure/progress.js';
import { type PlanRequest, planCells } from './plan/plan.js';
import { strategiesNamed } from './plan/strategy.js';
import { buildRecord } from './record/build.js';
import type { RunRecord } from './record/schema.js';
import type { Surroundings } from './surroundings.js';
import { surroundingsOfProcess } from './terminal.js';
import { VERSION } from './version.js';
import {
  DTYPES,
  type DType,
  type DTypeRequest,
  type Fetch,
  type Readback,
  type Remainder,
  type Sampling,
  type Shuffle,
  STRATEGIES,
  type StrategyName,
} from './words.js';

/** What a run may be told; the names and defaults are those of the command line's flags. */
export interface RunOptions {
  /** Rows per mini-batch, one or several. Default 32. */
  readonly batch?: number | readonly number[] | undefined;
  /** Measured epochs per strategy. Default 100. */
  readonly epochs?: number | undefined;
  /** Epochs first, not counted. Default 3. */
  readonly warmup?: number | undefined;
  /** Default `feed` and `pin`. */
  readonly strategy?: 'all' | readonly StrategyName[] | undefined;
  /** Default `auto`. */
  readonly engine?: EngineRequest | undefined;
  /** Ordinal among the visible devices. Default 0. */
  readonly device?: number | undefined;
  /** Default `once`; with `gather` rows are drawn anew every epoch whatever it says. */
  readonly shuffle?: Shuffle | undefined;
  readonly sampling?: Sampling | undefined;
  /** 0 to 2³²−1. Default 1. */
  readonly seed?: number | undefined;
  readonly remainder?: Remainder | undefined;
  readonly fetch?: Fetch | undefined;
  /** On cuda: through mapped memory or by a copy. Default `mapped`. */
  readonly readback?: Readback | undefined;
  /** Graph passes per mini-batch, one or several. Default 1. */
  readonly work?: number | readonly number[] | undefined;
  readonly dtype?: DTypeRequest | undefined;
  /** Arrow columns to stack as the matrix; default all numeric ones. */
  readonly columns?: readonly string[] | undefined;
  /** Rounds are added until the ratios' 95 % intervals are this narrow, in percent. */
  readonly untilPercent?: number | undefined;
  /** Epochs per cell shrink until the whole grid fits in this time, ns. */
  readonly budgetNs?: number | undefined;
  /** Predict the speedup of a model of so many ns a step. */
  readonly modelNs?: number | undefined;
  /** Stops the run at the next epoch; what was measured is returned, `complete: false`. */
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
  readonly clock?: Clock | undefined;
  /** Shows what native libraries print by themselves, which is held back else. */
  readonly verbose?: boolean | undefined;
  /** Recorded as it is. */
  readonly argv?: readonly string[] | undefined;
}

/**
 * Measures the strategies on a data file, or on a dataset already loaded, and returns the record.
 * Errors are `PinbenchError`s: `usage`, `data`, `engine`, `mismatch`, and `interrupted` before anything was measured.
 */
export async function run(
  input: string | Dataset,
  options: RunOptions = {},
  surroundings: Surroundings = surroundingsOfProcess(),
): Promise<RunRecord> {
  const { signal, progress = silent, columns, dtype = 'float32' } = options;
  const startedAt = new Date();
  const request = planRequest(options);
  const file = typeof input === 'string' ? await openFile(input, columns && { columns }) : undefined;
  const found = file ?? (input as Dataset);
  const plans = planCells(
    { rows: found.rows, cols: found.cols, dtype: measuredDType(found.dtype, dtype) },
    request,
  );
  const engines = await openEngines(options.engine ?? 'auto', options.device ?? 0, {
    ...surroundings,
    showsNativeOutput: options.verbose ?? surroundings.showsNativeOutput,
  });
  try {
    const dataset =
      file === undefined
        ? (input as Dataset)
        : await file
            .load({ dtype, onProgress: progress.loading.bind(progress), ...(signal && { signal }) })
            .catch((error: unknown) => {
              throw signal?.aborted === true ? interrupted(file.path, error) : error;
            });
    const outcome = await measure({
      dataset,
      plans,
      strategies: strategiesNamed(
        options.strategy === 'all' ? STRATEGIES : (options.strategy ?? ['feed', 'pin']),
      ),
      engines,
      untilPercent: options.untilPercent,
      budgetNs: options.budgetNs,
      clock: options.clock ?? systemClock,
      signal,
      progress,
    });
    return buildRecord({
      version: VERSION,
      startedAt,
      argv: options.argv ?? [],
      dataset,
      request: { ...request, dtype, modelNs: options.modelNs },
      environment: await lookAtEnvironment(surroundings),
      engines,
      outcome,
    });
  } finally {
    await closeEngines(engines);
  }
}

function planRequest(options: RunOptions): PlanRequest {
  const sampling = options.sampling ?? 'slice';
  return {
    batches: [options.batch ?? 32].flat(),
    works: [options.work ?? 1].flat(),
    epochs: options.epochs ?? 100,
    warmup: options.warmup ?? 3,
    shuffle: sampling === 'gather' ? 'epoch' : (options.shuffle ?? 'once'),
    sampling,
    seed: options.seed ?? 1,
    remainder: options.remainder ?? 'drop',
    fetch: options.fetch ?? 'step',
    readback: options.readback ?? 'mapped',
  };
}

/** The element type the device will see. A native file of several types is refused when it is loaded. */
function measuredDType(fileDType: string, request: DTypeRequest): DType {
  return (request === 'native' && DTYPES.find((dtype) => dtype === fileDType)) || 'float32';
}

function interrupted(path: string, cause: unknown): PinbenchError {
  return new PinbenchError('interrupted', { subject: path, observed: 'interrupted while loading', cause });
}
