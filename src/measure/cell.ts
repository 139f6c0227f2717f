import type { Dataset } from '../data/dataset.js';
import { Reference } from '../engine/reference.js';
import type { OpenedEngine } from '../engine/registry.js';
import { Orders } from '../plan/batches.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import { type BlockTimer, Interrupted } from './block.js';
import { Contender, type Ring } from './contender.js';
import type { Measurement, Notice, Skipped } from './measurement.js';
import type { Phase, Progress } from './progress.js';
import { runRounds } from './rounds.js';
import { affordableEpochs } from './stopping.js';

/** What measuring a cell may be told beyond its plan. */
export interface CellOptions {
  /** Rounds are added until the ratios' 95 % intervals are this narrow, in percent. */
  readonly untilPercent?: number | undefined;
  /** Epochs shrink until the cell's timed blocks fit in this. */
  readonly budgetNs?: number | undefined;
}

/** A cell's measurements in the strategies' order. `complete` is false when it was interrupted. */
export interface CellOutcome {
  readonly measurements: Measurement[];
  readonly notices: Notice[];
  readonly complete: boolean;
}

/**
 * Measures the strategies of one cell against each other: set up, verify, warm up, then rounds.
 * Sessions are released in reverse, also when something throws.
 */
export async function measureCell(
  opened: OpenedEngine,
  dataset: Dataset,
  plan: Plan,
  strategies: readonly Strategy[],
  timer: BlockTimer,
  progress: Progress,
  options: CellOptions,
): Promise<CellOutcome> {
  const ring: Ring = {
    opened,
    dataset,
    plan,
    timer,
    orders: new Orders(plan),
    reference: new Reference(dataset, plan),
    out: new Float64Array(plan.stepsPerEpoch),
  };
  const entered: (Contender | Skipped)[] = [];
  const notices: Notice[] = [];
  const contenders = () => entered.filter((entry) => entry instanceof Contender);
  const tell = (strategy: Strategy, phase: Phase['phase'], at?: Pick<Phase, 'round' | 'rounds'>) =>
    progress.phase({ engine: opened.engine, strategy: strategy.name, plan, phase, ...at });
  let complete = false;

  try {
    for (const strategy of strategies) {
      tell(strategy, 'setup');
      entered.push(await Contender.enter(ring, strategy));
    }
    for (const contender of contenders()) {
      tell(contender.subject.strategy, 'verify');
      await contender.verify();
    }
    for (const contender of contenders()) {
      tell(contender.subject.strategy, 'warm-up');
      await contender.warmUp();
    }
    if (contenders().length > 0) await measure();
    complete = true;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    for (const contender of contenders().reverse()) await contender[Symbol.asyncDispose]();
  }
  const measurements = entered.map((entry) => (entry instanceof Contender ? entry.conclude() : entry));
  return { measurements, notices, complete };

  async function measure(): Promise<void> {
    const { budgetNs, untilPercent } = options;
    const { subject } = contenders()[0]!;
    const epochs =
      budgetNs === undefined ? plan.epochs : affordableEpochs(plan.epochs, await epochNs(), budgetNs);
    if (epochs < plan.epochs) notices.push({ code: 'budget-shrunk', subject, epochs, asked: plan.epochs });
    const ended = await runRounds(
      contenders(),
      plan,
      epochs,
      untilPercent,
      ({ subject: { strategy } }, round, rounds) => tell(strategy, 'measure', { round, rounds }),
    );
    for (const contender of contenders()) contender.lookAtPhases();
    if (untilPercent !== undefined && ended.widthPercent > untilPercent) {
      notices.push({ code: 'until-not-reached', subject, untilPercent, ...ended });
    }
  }

  /** One more warm epoch of each contender: what the budget is divided by. */
  async function epochNs(): Promise<number> {
    let total = 0;
    for (const contender of contenders()) total += await contender.epochs(0, 1);
    return total;
  }
}
