import type { Dataset } from '../data/dataset.js';
import type { Link } from '../engine/engine.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { EngineName } from '../words.js';
import { BlockTimer, Interrupted } from './block.js';
import { measureCell } from './cell.js';
import type { Clock } from './clock.js';
import type { Measurement, Notice } from './measurement.js';
import { costPerStep, nullSession } from './overhead.js';
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
  /** A launch and a wait of each engine that can tell, ns. */
  readonly floorNs?: Partial<Record<EngineName, number>>;
  /** The link of each device that has one, under copies. */
  readonly links?: Partial<Record<EngineName, Link>>;
  readonly complete: boolean;
}

/** Steps a block of the null engine, and of a device's floor, at most. */
const MOST_NULL_STEPS = 100_000;
const MOST_FLOOR_STEPS = 1000;

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
    const overheadNsPerStep = await costPerStep(nullSession, plans[0]!, timer, MOST_NULL_STEPS);
    const floorNs: Partial<Record<EngineName, number>> = {};
    const links: Partial<Record<EngineName, Link>> = {};
    for (const { engine, device } of engines) {
      const link = device.link?.();
      if (link !== undefined) links[engine] = link;
      const floor = device.floor?.();
      if (floor !== undefined) floorNs[engine] = await costPerStep(floor, plans[0]!, timer, MOST_FLOOR_STEPS);
    }
    return { measurements, notices, overheadNsPerStep, floorNs, links, complete: true };
  } catch (error) {
    if (error instanceof Interrupted) return { measurements, notices, complete: false };
    throw error;
  }
}
