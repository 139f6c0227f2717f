import type { Plan } from '../plan/plan.js';
import type { EngineName, StrategyName } from '../words.js';
import { type Phase, type Progress, silent } from './progress.js';
import type { RoundPlan, RoundsSoFar } from './rounds.js';
import { stepNsOf } from './step-time.js';
import { beforeRoundsNs, doneShare, plannedCaseNs, roundsLeftNs, timeLeftNs } from './time-left.js';
import type { Timer } from './timer.js';
import { CASE_NS, type Timing } from './timing.js';

/** What a run is, as far as it matters to who is told where it is. */
export interface RunOutline {
  /** In the sequence in which they are measured. */
  readonly cases: readonly { readonly engine: EngineName; readonly plan: Plan }[];
  /** Rows of a case. */
  readonly rows: number;
  readonly timing: Timing;
  /** When the budget is over, ns of the clock. */
  readonly budgetEndNs: number | undefined;
}

/** Rounds of a case while they run. */
export interface RoundsUnderWay {
  readonly plan: RoundPlan;
  readonly soFar: RoundsSoFar;
  /** What a round is expected to take while none is over, ns. */
  readonly expectedNs: number;
  /** Mean of the rows, ns. */
  readonly stepNs: number;
}

/** Tells a listener where a whole run is. Where nobody listens it does nothing at all. */
export class RunProgress {
  readonly #listener: Progress;
  readonly #outline: RunOutline;
  readonly #timer: Timer;
  /** Cases of the present engine that are done, and how long they took, ns. */
  #done: Plan[] = [];
  #doneNs = 0;
  /** Step times of the present engine, ns, by the rows that go through the graph in a step. */
  #stepsNs = new Map<number, number>();
  #index = 0;
  #startNs = 0;
  /** Epochs of a case, where they and not the time end it. Under a budget nobody knows before its first round. */
  #epochs: number | undefined;

  constructor(listener: Progress, outline: RunOutline, timer: Timer) {
    this.#listener = listener;
    this.#outline = outline;
    this.#timer = timer;
    const { timing, budgetEndNs } = outline;
    if (budgetEndNs === undefined && timing.untilPercent === undefined) this.#epochs = timing.epochs;
  }

  /** Case `index` is about to be tried, one strategy of it, before any case is measured. */
  trial(index: number, strategy: StrategyName): void {
    if (this.#listener === silent) return;
    this.#index = index;
    this.#say('trial', strategy, { leftNs: timeLeftNs(this.#budgetLeftNs(this.#timer.nowNs()), undefined) });
  }

  /** Case `index` begins. */
  begin(index: number): void {
    if (this.#listener === silent) return;
    if (this.#outline.cases[index]!.engine !== this.#present.engine) {
      // It has times of its own.
      [this.#done, this.#doneNs, this.#stepsNs] = [[], 0, new Map()];
    }
    this.#index = index;
    this.#startNs = this.#timer.nowNs();
  }

  /** The case that began last is over. */
  end(): void {
    if (this.#listener === silent) return;
    this.#done.push(this.#present.plan);
    this.#doneNs += this.#timer.nowNs() - this.#startNs;
  }

  /** A strategy of the present case is about to go through a phase; `rounds` where that is a block of a round. */
  tell(strategy: StrategyName, phase: Phase['phase'], rounds?: RoundsUnderWay): void {
    if (this.#listener === silent) return;
    const nowNs = this.#timer.nowNs();
    if (rounds === undefined) {
      const caseLeftNs = phase === 'phases' ? 0 : this.#caseLeftNs(nowNs);
      this.#say(phase, strategy, { leftNs: this.#leftNs(caseLeftNs, nowNs) });
      return;
    }
    const { plan, soFar, expectedNs, stepNs } = rounds;
    const isPlanned = Number.isFinite(plan.most);
    this.#epochs = isPlanned ? this.#outline.timing.epochs : undefined;
    this.#stepsNs.set(rowsOfStep(this.#present.plan), stepNs);
    this.#say(phase, strategy, {
      round: soFar.round + 1,
      rounds: isPlanned ? plan.most : undefined,
      done: doneShare(plan, soFar, nowNs),
      leftNs: this.#leftNs(roundsLeftNs(plan, soFar, expectedNs, nowNs), nowNs),
    });
  }

  /** All cases are over, and what pinbench itself costs is about to be measured. */
  ownCost(): void {
    if (this.#listener === silent) return;
    this.#index = this.#outline.cases.length - 1;
    this.#say('own-cost', undefined, {});
  }

  #say(
    phase: Phase['phase'],
    strategy: StrategyName | undefined,
    rest: Pick<Phase, 'round' | 'rounds' | 'done' | 'leftNs'>,
  ): void {
    const { engine, plan } = this.#present;
    const cases = this.#outline.cases.length;
    this.#listener.phase({ engine, strategy, plan, phase, caseNumber: this.#index + 1, cases, ...rest });
  }

  get #present(): RunOutline['cases'][number] {
    return this.#outline.cases[this.#index]!;
  }

  /** What the run will take from now on where the present case takes `caseLeftNs`, ns. */
  #leftNs(caseLeftNs: number | undefined, nowNs: number): number | undefined {
    const budgetLeftNs = this.#budgetLeftNs(nowNs);
    if (budgetLeftNs !== undefined && this.#epochs === undefined) return timeLeftNs(budgetLeftNs, undefined);
    const later = this.#outline.cases.slice(this.#index + 1).map(({ plan }) => plan);
    return timeLeftNs(budgetLeftNs, {
      done: { size: this.#sizeOf(this.#done), ns: this.#doneNs },
      present: {
        size: this.#sizeOf([this.#present.plan]),
        spentNs: nowNs - this.#startNs,
        leftNs: caseLeftNs,
      },
      later: { size: this.#sizeOf(later) },
    });
  }

  /** What the present case will take, ns, while its rounds have not begun; `undefined` where time does not end them. */
  #caseLeftNs(nowNs: number): number | undefined {
    if (this.#epochs !== undefined) return undefined;
    const { timing, rows } = this.#outline;
    // How long an epoch is, no step has said yet.
    return CASE_NS + Math.max(0, beforeRoundsNs(timing, rows, 0) - (nowNs - this.#startNs));
  }

  /** Where time ends the cases they are alike. Else it is the epochs, and how long these are, that tell one from another. */
  #sizeOf(plans: readonly Plan[]): number {
    const epochs = this.#epochs;
    if (epochs === undefined || this.#stepsNs.size === 0) return plans.length;
    const timing = { ...this.#outline.timing, epochs };
    const sizes = plans.map((plan) => {
      const stepNs = stepNsOf(rowsOfStep(plan), this.#stepsNs)!;
      return plannedCaseNs(plan, timing, this.#outline.rows, stepNs);
    });
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  #budgetLeftNs(nowNs: number): number | undefined {
    const { budgetEndNs } = this.#outline;
    return budgetEndNs === undefined ? undefined : Math.max(0, budgetEndNs - nowNs);
  }
}

function rowsOfStep({ batch, work }: Plan): number {
  return batch * work;
}
