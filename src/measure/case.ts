import type { Dataset } from '../data/dataset.js';
import { deviceIsLost } from '../engine/engine.js';
import { Reference } from '../engine/reference.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Settings } from '../options.js';
import { Orders } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import { epochsOfRound, roundsOf, SHORT_EPOCH_BLOCKS, shortestBlock } from './blocks.js';
import { attempt, DeviceLost, live, reasonOf, release } from './failure.js';
import type { CaseEnd, Measurement } from './measurement.js';
import type { Phase } from './progress.js';
import { type RoundPlan, runRounds } from './rounds.js';
import { Row } from './row.js';
import type { RunProgress } from './run-progress.js';
import type { Scalars } from './scalars.js';
import { allocate, upload } from './setup.js';
import type { CaseContext } from './stepper.js';
import { widestHalfWidthPercent } from './stopping.js';
import { Interrupted, type Timer } from './timer.js';
import { type Allotment, CASE_NS, MIN_ROUNDS, TRIAL_NS, VERIFY_NS } from './timing.js';
import { warmUp } from './warm-up.js';

/** Half the width of the interval at which a case ends if neither epochs nor `--until` are given, in percent. */
const UNTIL_PERCENT = 1;
/** The largest shares of a case's spare budget that verifying each row and uploading all rows may take. */
const SHARES = { verify: 0.1, upload: 0.25 } as const;

/** The outcome of a case: one measurement for each strategy, in the order of the strategies. */
export interface CaseOutcome {
  readonly measurements: readonly Measurement[];
  readonly ended: CaseEnd | undefined;
  /** Why rows that had started could not be finished. */
  readonly failures: readonly string[];
  /** Why no further case can be measured, on this engine (`DeviceLost`) or at all. */
  readonly stopped: 'interrupted' | DeviceLost | undefined;
}

/** Builds the context that the rows of a case share. `scalars` is the memory for the scalars of a block. */
export function contextOf(
  opened: OpenedEngine,
  dataset: Dataset,
  plan: Plan,
  timer: Timer,
  scalars: Scalars,
): CaseContext {
  const [orders, reference] = [new Orders(plan), new Reference(dataset, plan)];
  return { opened, dataset, plan, timer, scalars, orders, reference };
}

/**
 * Measures the strategies of one case against each other: allocate, upload, verify, warm up, then run rounds. If a strategy fails,
 * the others continue. Sessions are always released, in reverse order, even if an error is thrown. Throws a `PinbenchError` of code
 * `mismatch` for a wrong sum.
 */
export async function measureCase(
  context: CaseContext,
  strategies: readonly Strategy[],
  settings: Settings,
  allotment: Allotment | undefined,
  progress: RunProgress,
): Promise<CaseOutcome> {
  const { plan, timer } = context;
  const rows = strategies.map((strategy) => new Row(context, strategy));
  const tell = ({ strategy }: Row, phase: Phase['phase']) => progress.tell(strategy.name, phase);
  const onSetup = (row: Row) => tell(row, 'setup');
  const each = async (phase: Phase['phase'], work: (row: Row) => Promise<void>) => {
    for (const row of live(rows)) {
      tell(row, phase);
      await attempt(row, () => work(row));
    }
  };
  const spareNs = allotment?.spareNs ?? Number.POSITIVE_INFINITY;
  const failures: string[] = [];
  let [begun, ended, stopped]: [Row[], CaseEnd | undefined, CaseOutcome['stopped']] = [
    [],
    undefined,
    undefined,
  ];

  try {
    await each('setup', (row) => row.admit());
    await allocate(rows, plan.seed, timer, onSetup);
    await upload(rows, plan.seed, spareNs * SHARES.upload, timer, onSetup);
    begun = live(rows);
    await each('verify', (row) => row.verify(Math.min(VERIFY_NS, TRIAL_NS + spareNs * SHARES.verify)));
    if (settings.warmup > 0) {
      // Under a budget the warm-up lasts only the minimum time.
      const steps = allotment === undefined ? settings.warmup * plan.stepsPerEpoch : 0;
      await warmUp(rows, steps, (row) => tell(row, 'warm-up'));
    }
    const rounds = roundPlanOf(live(rows), plan, settings, allotment, timer);
    const expected = expectedOf(live(rows), rounds);
    const end = await runRounds(rows, rounds, plan.seed, timer, ({ strategy }, soFar) =>
      progress.tell(strategy.name, 'measure', { plan: rounds, soFar, ...expected }),
    );
    ended = endOf(context, rows, end, settings, allotment);
    for (const row of live(rows)) {
      if (allotment !== undefined && timer.nowNs() > allotment.hardEndNs) break;
      tell(row, 'phases');
      failures.push(...(await timePhases(row)));
    }
  } catch (error) {
    if (error instanceof Interrupted) stopped = 'interrupted';
    else if (error instanceof DeviceLost) stopped = error;
    else throw error;
  } finally {
    const lost = await release(rows);
    stopped ??= lost;
    ended ??= endOf(context, rows, 'stopped', settings, allotment);
  }
  failures.push(
    ...begun.flatMap(({ failure }) => (failure === undefined || failure.unavailable ? [] : failure.reason)),
  );
  return { measurements: rows.map((row) => row.conclude()), ended, failures, stopped };
}

/** Times the phases of a measured row. If that fails, the row is kept and the reasons are returned. */
async function timePhases(row: Row): Promise<string[]> {
  try {
    await row.timePhases();
    return [];
  } catch (error) {
    const reason = reasonOf(error);
    if (deviceIsLost(error)) throw new DeviceLost(reason, { cause: error });
    return [reason];
  }
}

/** The number of rounds and the steps of each block, from the requested epochs or from the available time. */
function roundPlanOf(
  rows: readonly Row[],
  plan: Plan,
  { epochs, rounds: exactly, minTimeNs, untilPercent }: Settings,
  allotment: Allotment | undefined,
  timer: Timer,
): RoundPlan {
  const { stepsPerEpoch } = plan;
  // Under a budget there is no time to extend a part of an epoch to the whole epoch.
  const wholeWithin = allotment === undefined ? SHORT_EPOCH_BLOCKS : 1;
  const shortest = (row: Row) => shortestBlock(plan, row.stepNs, minTimeNs, row.multiple, wholeWithin);
  const endNs =
    allotment?.endNs ??
    (exactly === undefined && (epochs === undefined || untilPercent !== undefined)
      ? timer.nowNs() + CASE_NS
      : Infinity);
  const common = { minTimeNs, endNs, hardEndNs: allotment?.hardEndNs ?? Infinity };
  const until = untilPercent ?? (epochs === undefined ? UNTIL_PERCENT : undefined);
  const blocks = new Map(rows.map((row) => [row, shortest(row)]));
  if (exactly !== undefined) {
    const steps = (row: Row) => blocks.get(row)!;
    const least = allotment === undefined ? exactly : Math.min(MIN_ROUNDS, exactly);
    return { ...common, least, most: exactly, steps };
  }
  if (epochs === undefined) {
    const steps = (row: Row) => blocks.get(row)!;
    return { ...common, least: MIN_ROUNDS, most: Infinity, untilPercent: until, steps };
  }
  const rounds = roundsOf(epochs);
  const asked = (round: number) => epochsOfRound(epochs, rounds, round % rounds) * stepsPerEpoch;
  const most = until === undefined ? rounds : Infinity;
  if (allotment === undefined) {
    const steps = (row: Row, round: number) =>
      minTimeNs === 0 ? asked(round) : Math.max(asked(round), blocks.get(row)!);
    return { ...common, least: rounds, most, untilPercent: until, steps };
  }
  // If the requested epochs do not fit, all blocks shrink by the same share. If that is not enough, there are fewer rounds.
  const roundNs = rows.reduce((sum, row) => sum + Math.max(asked(0), blocks.get(row)!) * row.stepNs, 0);
  const share = Math.min(1, (endNs - timer.nowNs()) / (roundNs * rounds));
  const steps = (row: Row, round: number) => {
    const unit = share === 1 ? stepsPerEpoch : row.multiple;
    const shrunk = Math.max(1, Math.floor((asked(round) * share) / unit)) * unit;
    return Math.max(shrunk, minTimeNs === 0 ? 1 : blocks.get(row)!);
  };
  // If blocks had to shrink, rounds continue as long as there is time.
  const bounded = share === 1 ? most : Infinity;
  return { ...common, least: Math.min(MIN_ROUNDS, rounds), most: bounded, untilPercent: until, steps };
}

/** The expected time of a round and the mean step time of the rows, ns, from the steps that ran before the rounds. */
function expectedOf(rows: readonly Row[], { steps }: RoundPlan) {
  const expectedNs = rows.reduce((sum, row) => sum + steps(row, 0) * row.stepNs, 0);
  return { expectedNs, stepNs: rows.reduce((sum, { stepNs }) => sum + stepNs, 0) / rows.length };
}

function endOf(
  { opened, plan }: CaseContext,
  rows: readonly Row[],
  end: Exclude<CaseEnd['end'], 'budget'>,
  { epochs }: Settings,
  allotment: Allotment | undefined,
): CaseEnd | undefined {
  const measured = live(rows).filter(({ samplesNs }) => samplesNs.length > 0);
  const [first] = measured;
  if (first === undefined) return undefined;
  const cut = epochs !== undefined && measured.some((row) => row.steps < epochs * plan.stepsPerEpoch);
  return {
    ...{ engine: opened.engine, batch: plan.batch, work: plan.work },
    rounds: first.samplesNs.length,
    end: allotment !== undefined && (end === 'time' || (end === 'planned' && cut)) ? 'budget' : end,
    halfWidthPercent: widestHalfWidthPercent(measured.map(({ samplesNs }) => samplesNs)),
  };
}
