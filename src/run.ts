import { findingsOf } from './analysis/findings.js';
import { loadedDType } from './data/cast.js';
import type { DataFile, Dataset } from './data/dataset.js';
import { countNotFinite } from './data/not-finite.js';
import { nameOf, openFile } from './data/open.js';
import { closeEngines, openEngines } from './engine/registry.js';
import { interruptedError, nothingMeasuredError, usageError } from './errors.js';
import { mustBeDataset, settingsFor } from './given-dataset.js';
import { type Clock, systemClock } from './measure/clock.js';
import { lookAtEnvironment } from './measure/environment.js';
import { measure } from './measure/measure.js';
import { type Progress, silent } from './measure/progress.js';
import { PROGRAM_NAMES, type RunSettings, type Settings } from './options.js';
import { plansOf } from './plan/plan.js';
import { strategiesNamed } from './plan/strategy.js';
import { buildRecord } from './record/build.js';
import type { RunRecord } from './record/schema.js';
import { mustBeOptions, settingsOf } from './settings.js';
import type { Surroundings } from './surroundings.js';
import { surroundingsOfProcess } from './terminal.js';
import { VERSION } from './version.js';
import { DTYPES, type DType, type DTypeRequest, STRATEGIES } from './words.js';

/** The connections between a run and the program that calls it. */
export interface RunConnections {
  /**
   * Stops the run within half a second. The record of what was measured is returned with `complete: false`; if nothing was, `run`
   * throws.
   */
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
  readonly clock?: Clock | undefined;
  /** When the command began, ns of the clock. A budget counts from this moment. Default: the call of `run`. */
  readonly startedNs?: number | undefined;
  /** Shows the output of native libraries, which is otherwise suppressed. */
  readonly verbose?: boolean | undefined;
  /** The command line, recorded unchanged. */
  readonly argv?: readonly string[] | undefined;
}

/** The options of `run`: those of the command line, by their names in `options.ts`, and the connections. */
export interface RunOptions extends RunSettings, RunConnections {}

const CONNECTIONS = {
  signal: true,
  progress: true,
  clock: true,
  startedNs: true,
  verbose: true,
  argv: true,
} as const satisfies Record<keyof RunConnections, true>;

const OPTION_NAMES = [...PROGRAM_NAMES, ...(Object.keys(CONNECTIONS) as (keyof RunConnections)[])];

/**
 * Measures the strategies on a data file or on a loaded dataset, and returns the record. Throws a `PinbenchError` of code `usage`,
 * `data`, `engine` or `mismatch`, or `interrupted` if the run was stopped before anything was measured. If an engine fails while
 * rows are measured, `run` does not throw: the record has `complete: false` and the reason.
 */
export async function run(
  input: string | Dataset,
  options: RunOptions = {},
  surroundings: Surroundings = surroundingsOfProcess(),
): Promise<RunRecord> {
  mustBeOptions(options, OPTION_NAMES);
  const { clock = systemClock, startedNs = clock.nowNs() } = options;
  const settings = settingsOf(options);
  const { columns } = settings;
  const connections = { ...options, clock, startedNs, startedAt: new Date() };
  if (
    settings.processes !== undefined &&
    settings.processes > 1 &&
    (typeof input !== 'string' || input === '-')
  ) {
    throw usageError('--processes', 'cannot be used with standard input or a dataset in memory', {
      expected: 'a file',
    });
  }
  if (typeof input !== 'string') {
    const dataset = mustBeDataset(input);
    return runOn(dataset, settingsFor(dataset, options, settings), connections, surroundings);
  }
  const { signal, progress, argv = [] } = options;
  if ((settings.processes ?? 1) > 1) {
    const { runInProcesses } = await import('./processes.js');
    const { nodePath: node } = surroundings;
    const record = await runInProcesses({
      ...{ path: input, settings, node, clock, startedNs, signal, argv, progress },
    });
    return { ...record, findings: findingsOf(record) };
  }
  const { standardInput } = surroundings;
  const file = await openFile(input, { columns, standardInput, signal }).catch((error: unknown) => {
    throw signal?.aborted === true ? interruptedError(nameOf(input), error) : error;
  });
  try {
    return await runOn(file, settings, connections, surroundings);
  } finally {
    await file.close();
  }
}

/** The connections of a run that has started. */
type Connections = RunConnections & {
  readonly clock: Clock;
  readonly startedNs: number;
  readonly startedAt: Date;
};

async function runOn(
  source: DataFile | Dataset,
  settings: Settings,
  options: Connections,
  surroundings: Surroundings,
): Promise<RunRecord> {
  const { signal, progress = silent, clock, startedNs, startedAt } = options;
  const { rows, cols } = source;
  const dtype = 'values' in source ? source.dtype : measuredDType(source.dtype, settings.dtype);
  const plans = plansOf({ rows, cols, dtype }, settings);
  const engines = await openEngines(settings.engine, settings.device, {
    ...surroundings,
    showsNativeOutput: options.verbose ?? surroundings.showsNativeOutput,
  });
  try {
    const dataset = 'values' in source ? source : await loaded(source, settings.dtype, progress, signal);
    const notFinite = await countNotFinite(dataset, signal);
    // This comes before all timing because it starts git processes.
    const environment = await lookAtEnvironment(surroundings);
    const outcome = await measure({
      ...{ dataset, plans: plans.plans, engines, settings, clock, startedNs, signal, progress },
      strategies: strategiesNamed(settings.strategy === 'all' ? STRATEGIES : settings.strategy),
      budgetNs: settings.budgetNs,
      turn: surroundings.turn,
    });
    const isKept = outcome.measurements.some(({ status }) => status === 'measured');
    if (outcome.incomplete?.code === 'interrupted' && !isKept) throw nothingMeasuredError(dataset.path);
    const record = buildRecord({
      ...{
        version: VERSION,
        startedAt,
        argv: options.argv ?? [],
        dataset,
        notFinite,
        settings,
        plans,
        engines,
        outcome,
      },
      environment,
    });
    return { ...record, findings: findingsOf(record) };
  } finally {
    await closeEngines(engines);
  }
}

function loaded(
  file: DataFile,
  dtype: DTypeRequest,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  return file
    .load({ dtype, onProgress: progress.loading.bind(progress), ...(signal && { signal }) })
    .catch((error: unknown) => {
      throw signal?.aborted === true ? interruptedError(file.path, error) : error;
    });
}

/** The element type on the device. A file with several native types is refused later, when it is loaded. */
function measuredDType(fileDType: string, request: DTypeRequest): DType {
  return loadedDType(DTYPES.find((dtype) => dtype === fileDType) ?? 'float32', request);
}
