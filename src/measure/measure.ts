import type { Dataset } from '../data/dataset.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import { BlockTimer, Interrupted } from './block.js';
import { measureCell } from './cell.js';
import type { Clock } from './clock.js';
import type { Measurement, Notice } from './measurement.js';
import { overheadNsPerStep } from './overhead.js';
import type { Progress } from './progress.js';

/** Everything a measuring needs. */
export interface MeasureRequest {
  readonly dataset: Dataset;
  /** The cells of the grid. */
  readonly plans: readonly Plan[];
  readonly strategies: readonly Strategy[];
  readonly engines: readonly OpenedEngine[];
  readonly untilPercent?: number | undefined;
  /** For the whole grid. */
  readonly budgetNs?: number | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly progress: Progress;
}

/** What was measured. `complete` is false when it was interrupted: what is there then is whole rounds. */
export interface Outcome {
  readonly measurements: readonly Measurement[];
  readonly notices: readonly Notice[];
  /** What pinbench itself costs a step, ns; absent when the run ended before it was measured. */
  readonly overheadNsPerStep?: number;
  readonly complete: boolean;
}

/** Measures every cell on every engine, one after the other. A wrong result throws and ends the run. */
export async function measure(request: MeasureRequest): Promise<Outcome> {
  const { dataset, plans, strategies, engines, untilPercent, budgetNs, clock, signal, progress } = request;
  const timer = new BlockTimer(clock, signal);
  const measurements: Measurement[] = [];
  const notices: Notice[] = [];
  const cells = engines.flatMap((opened) => plans.map((plan) => ({ opened, plan })));
  const endNs = budgetNs === undefined ? undefined : clock.nowNs() + budgetNs;
  for (const [index, { opened, plan }] of cells.entries()) {
    // What one cell leaves of the budget, the others share.
    const cellBudgetNs = endNs === undefined ? undefined : (endNs - clock.nowNs()) / (cells.length - index);
    const options = { untilPercent, budgetNs: cellBudgetNs };
    const cell = await measureCell(opened, dataset, plan, strategies, timer, progress, options);
    measurements.push(...cell.measurements);
    notices.push(...cell.notices);
    if (!cell.complete) return { measurements, notices, complete: false };
  }
  try {
    return {
      measurements,
      notices,
      overheadNsPerStep: await overheadNsPerStep(plans[0]!, timer),
      complete: true,
    };
  } catch (error) {
    if (error instanceof Interrupted) return { measurements, notices, complete: false };
    throw error;
  }
}
