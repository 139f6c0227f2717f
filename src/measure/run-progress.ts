import type { Settings } from '../options.js';
import type { Plan } from '../plan/plan.js';
import type { EngineName, StrategyName } from '../words.js';
import { type Phase, type Progress, silent } from './progress.js';
import type { RoundPlan, RoundsSoFar } from './rounds.js';
import { stepNsOf } from './step-time.js';
import { beforeRoundsNs, doneShare, plannedCaseNs, roundsLeftNs, timeLeftNs } from './time-left.js';
import type { Timer } from './timer.js';
import { CASE_NS } from './timing.js';

/** The facts about a run that its progress depends on. */
export interface RunOutline {
  /** The cases in the sequence in which they are measured. */
  readonly cases: readonly { readonly engine: EngineName; readonly plan: Plan }[];
  /** Number of rows of a case. */
  readonly rows: number;
  readonly settings: Settings;
  /** When the budget ends, ns of the clock. */
  readonly budgetEndNs: number | undefined;
}

/** The rounds of a case in progress. */
export interface RoundsUnderWay {
  readonly plan: RoundPlan;
  readonly soFar: RoundsSoFar;
  /** Expected time of a round while none has finished, ns. */
  readonly expectedNs: number;
  /** Mean step time of the rows, ns. */
  readonly stepNs: number;
}

/** Reports the progress of a whole run to a listener. Does nothing, not even read the clock, if the listener is `silent`. */
export class RunProgress {
  readonly #listener: Progress;
  readonly #outline: RunOutline;
  readonly #timer: Timer;
  /** Finished cases of the current engine, and their total time, ns. */
  #done: Plan[] = [];
  #doneNs = 0;
  /** Step times of the current engine, ns, by the number of rows that go through the graph in a step. */
  #stepsNs = new Map<number, number>();
  #index = 0;
  #startNs = 0;
  /** Epochs of a case, if the epochs and not the time end it. Under a budget this is unknown before the first round. */
  #epochs: number | undefined;

  constructor(listener: Progress, outline: RunOutline, timer: Timer) {
    this.#listener = listener;
    this.#outline = outline;
    this.#timer = timer;
    const { settings, budgetEndNs } = outline;
    if (budgetEndNs === undefined && settings.untilPercent === undefined) this.#epochs = settings.epochs;
  }

  /** One strategy of case `index` is about to be tried. All trials come before the first measurement. */
  trial(index: number, strategy: StrategyName): void {
    if (this.#listener === silent) return;
    this.#index = index;
    this.#say('trial', strategy, { leftNs: timeLeftNs(this.#budgetLeftNs(this.#timer.nowNs()), undefined) });
  }

  /** Case `index` begins. */
  begin(index: number): void {
    if (this.#listener === silent) return;
    if (this.#outline.cases[index]!.engine !== this.#present.engine) {
      // Each engine has its own times.
      [this.#done, this.#doneNs, this.#stepsNs] = [[], 0, new Map()];
    }
    this.#index = index;
    this.#startNs = this.#timer.nowNs();
  }

  /** The case that began last has ended. */
  end(): void {
    if (this.#listener === silent) return;
    this.#done.push(this.#present.plan);
    this.#doneNs += this.#timer.nowNs() - this.#startNs;
  }

  /** A strategy of the current case is about to begin a phase; `rounds` is given for a block of a round. */
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
    this.#epochs = isPlanned ? this.#outline.settings.epochs : undefined;
    this.#stepsNs.set(rowsOfStep(this.#present.plan), stepNs);
    this.#say(phase, strategy, {
      round: soFar.round + 1,
      rounds: isPlanned ? plan.most : undefined,
      done: doneShare(plan, soFar, nowNs),
      leftNs: this.#leftNs(roundsLeftNs(plan, soFar, expectedNs, nowNs), nowNs),
    });
  }

  /** All cases have ended, and pinbench's own cost is about to be measured. */
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

  /** The remaining time of the run if the current case has `caseLeftNs` left, ns. */
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

  /** The remaining time of the current case before its rounds begin, ns; `undefined` if time does not end them. */
  #caseLeftNs(nowNs: number): number | undefined {
    if (this.#epochs !== undefined) return undefined;
    const { settings, rows } = this.#outline;
    // The time of an epoch is unknown before the first step.
    return CASE_NS + Math.max(0, beforeRoundsNs(settings, rows, 0) - (nowNs - this.#startNs));
  }

  /** The total size of some cases. Cases that are ended by time have the same size; others are as large as their planned time. */
  #sizeOf(plans: readonly Plan[]): number {
    const epochs = this.#epochs;
    if (epochs === undefined || this.#stepsNs.size === 0) return plans.length;
    const settings = { ...this.#outline.settings, epochs };
    const sizes = plans.map((plan) => {
      const stepNs = stepNsOf(rowsOfStep(plan), this.#stepsNs)!;
      return plannedCaseNs(plan, settings, this.#outline.rows, stepNs);
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
