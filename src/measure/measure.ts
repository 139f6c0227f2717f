import type { Dataset } from '../data/dataset.js';
import type { Link } from '../engine/engine.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Settings } from '../options.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { EngineName, StrategyName } from '../words.js';
import { Budget, leastCaseNs, tryCases } from './budget.js';
import { type CaseOutcome, contextOf, measureCase } from './case.js';
import type { Clock } from './clock.js';
import { reasonOf } from './failure.js';
import type { CaseEnd, Measured, Measurement } from './measurement.js';
import { costPerStep, nullSession } from './overhead.js';
import type { Progress } from './progress.js';
import { RunProgress } from './run-progress.js';
import { Scalars } from './scalars.js';
import { Interrupted, Timer, type Turn } from './timer.js';

/** Everything that `measure` needs. */
export interface MeasureRequest {
  readonly dataset: Dataset;
  /** Each plan is measured as one case on every engine. */
  readonly plans: readonly Plan[];
  readonly strategies: readonly Strategy[];
  readonly engines: readonly OpenedEngine[];
  readonly settings: Settings;
  /** Budget of the whole command, which began at `startedNs` of the clock. */
  readonly budgetNs?: number | undefined;
  readonly startedNs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly turn?: Turn | undefined;
  readonly progress: Progress;
}

/** Measured facts about one engine's device that do not belong to a row. */
export interface DeviceMeasurements {
  /** Time to launch an empty kernel and wait for it, ns. */
  readonly floorNs?: number;
  /** Time of the calls from JavaScript to the driver in one step of each strategy, ns. */
  readonly callsNsPerStep?: Partial<Record<StrategyName, number>>;
  /** The PCIe link, read during copies. */
  readonly link?: Link;
}

/** The outcome of `measure`. */
export interface Outcome {
  readonly measurements: readonly Measurement[];
  /** How the rounds of each case ended. */
  readonly ended: readonly CaseEnd[];
  /** Time that the timing loop adds to a step, ns; absent if the run ended before it was measured. */
  readonly overheadNsPerStep?: number;
  readonly devices: Partial<Record<EngineName, DeviceMeasurements>>;
  /** Why the run is incomplete; absent if it is complete. An incomplete run still contains only whole rounds. */
  readonly incomplete?: { readonly code: 'interrupted' | 'engine'; readonly reason: string };
}

/** Most steps of a block when the timing loop and the floor of a device are timed. */
const MAX_NULL_STEPS = 100_000;
const MAX_FLOOR_STEPS = 1000;

/**
 * Measures every case on every engine, one after the other. If an engine or a strategy fails, only its own rows end. Throws a
 * `PinbenchError` of code `mismatch` for a wrong sum, and a usage error, before anything is measured, for a budget that is too
 * short.
 */
export async function measure(request: MeasureRequest): Promise<Outcome> {
  const { dataset, plans, strategies, engines, settings, clock, signal, turn } = request;
  const timer = new Timer(clock, signal, turn);
  const scalars = new Scalars();
  const cases = engines.flatMap((opened) => plans.map((plan) => ({ opened, plan })));
  const contexts = cases.map(
    ({ opened, plan }) =>
      () =>
        contextOf(opened, dataset, plan, timer, scalars),
  );
  const progress = progressOf(request, timer);
  const measurements: Measurement[] = [];
  const ended: CaseEnd[] = [];
  const failures: string[] = [];
  const lost = new Map<OpenedEngine, string>();
  try {
    const budget = await budgetOf(request, contexts, timer, progress);
    for (const [index, { opened, plan }] of cases.entries()) {
      const allotment = budget?.allot(index, timer.nowNs());
      const reason =
        lost.get(opened) ?? (allotment?.usedUp ? 'the budget was used up before this case' : undefined);
      if (reason !== undefined) {
        measurements.push(...skipped(opened, plan, strategies, reason));
        if (!lost.has(opened)) ended.push(neverBegun(opened, plan));
        continue;
      }
      progress.begin(index);
      const outcome = await measureCase(contexts[index]!(), strategies, settings, allotment, progress);
      progress.end();
      measurements.push(...outcome.measurements);
      if (outcome.ended !== undefined) ended.push(outcome.ended);
      failures.push(...failuresOf(opened, outcome));
      if (outcome.stopped === 'interrupted') throw new Interrupted();
      if (outcome.stopped !== undefined) lost.set(opened, outcome.stopped.message);
    }
    progress.ownCost();
    const { failures: late, ...findings } = await measureCosts(request, timer, measurements, lost);
    return { measurements, ended, ...findings, ...incomplete([...failures, ...late]) };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return { measurements, ended, devices: {}, incomplete: { code: 'interrupted', reason: 'interrupted' } };
  }
}

function progressOf(
  { progress, engines, plans, strategies, settings, startedNs, budgetNs }: MeasureRequest,
  timer: Timer,
): RunProgress {
  const cases = engines.flatMap(({ engine }) => plans.map((plan) => ({ engine, plan })));
  const budgetEndNs = budgetNs === undefined ? undefined : startedNs + budgetNs;
  return new RunProgress(progress, { cases, rows: strategies.length, settings, budgetEndNs }, timer);
}

/** Tries every case and divides the budget among them; `undefined` without a budget. */
async function budgetOf(
  { budgetNs, startedNs, plans, engines, strategies, settings }: MeasureRequest,
  contexts: Parameters<typeof tryCases>[0],
  timer: Timer,
  progress: RunProgress,
): Promise<Budget | undefined> {
  if (budgetNs === undefined) return undefined;
  const costs = await tryCases(contexts, strategies, (index, { strategy }) =>
    progress.trial(index, strategy.name),
  );
  const all = engines.flatMap(() => plans);
  const leastNs = costs.map((rows, index) => leastCaseNs(all[index]!, rows, settings));
  return new Budget(budgetNs, startedNs, timer.nowNs(), leastNs);
}

function failuresOf({ engine }: OpenedEngine, { failures, stopped }: CaseOutcome): string[] {
  const reasons =
    stopped === undefined || stopped === 'interrupted' ? failures : [...failures, stopped.message];
  return [...new Set(reasons)].map((reason) => `engine ${engine}: ${reason}`);
}

function incomplete(failures: readonly string[]): Pick<Outcome, 'incomplete'> {
  if (failures.length === 0) return {};
  return { incomplete: { code: 'engine', reason: [...new Set(failures)].join('; ') } };
}

function skipped(
  { engine, device }: OpenedEngine,
  plan: Plan,
  strategies: readonly Strategy[],
  reason: string,
): Measurement[] {
  return strategies.map((strategy) => ({
    status: 'skipped',
    engine,
    device: device.info,
    strategy,
    plan,
    reason,
  }));
}

function neverBegun({ engine }: OpenedEngine, { batch, work }: Plan): CaseEnd {
  return { engine, batch, work, rounds: 0, end: 'budget', halfWidthPercent: Number.POSITIVE_INFINITY };
}

/** Measures pinbench's own cost and the lower bounds of the devices. */
async function measureCosts(
  { plans, strategies, engines }: MeasureRequest,
  timer: Timer,
  measurements: readonly Measurement[],
  lost: ReadonlyMap<OpenedEngine, string>,
): Promise<Pick<Outcome, 'overheadNsPerStep' | 'devices'> & { readonly failures: readonly string[] }> {
  const plan = plans[0]!;
  const blockSteps = blockStepsOf(measurements.find((m) => m.status === 'measured'));
  const overheadNsPerStep = await costPerStep(nullSession, plan, timer, Math.min(MAX_NULL_STEPS, blockSteps));
  const devices: Partial<Record<EngineName, DeviceMeasurements>> = {};
  const failures: string[] = [];
  for (const opened of engines.filter((candidate) => !lost.has(candidate))) {
    const { engine, device } = opened;
    const measured = strategies.filter((strategy) =>
      measurements.some((m) => m.engine === engine && m.strategy === strategy && m.status === 'measured'),
    );
    try {
      const link = device.link?.();
      const floor = device.floor?.();
      const calls = measured.flatMap((strategy) => {
        const ns = device.callsNsPerStep?.(strategy, plan);
        return ns === undefined ? [] : [[strategy.name, ns] as const];
      });
      devices[engine] = {
        ...(link && { link }),
        ...(floor && {
          floorNs: await costPerStep(floor, plan, timer, Math.min(MAX_FLOOR_STEPS, blockSteps)),
        }),
        ...(calls.length > 0 && { callsNsPerStep: Object.fromEntries(calls) }),
      };
    } catch (error) {
      // The rows are already measured, so a failure of these additional measurements must not discard them.
      failures.push(`engine ${engine}: ${reasonOf(error)}`);
    }
  }
  return { overheadNsPerStep, devices, failures };
}

/** Mean number of steps of a row's blocks; 1 if nothing was measured. */
function blockStepsOf(measured: Measured | undefined): number {
  return measured === undefined ? 1 : Math.max(1, Math.round(measured.steps / measured.samplesNs.length));
}
