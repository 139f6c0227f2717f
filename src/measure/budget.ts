import { type PinbenchError, usageError } from '../errors.js';
import { type Settings, WARM_UP_NS } from '../options.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import { formatDuration, parseDurationNs } from '../units.js';
import { shortestBlock } from './blocks.js';
import { attempt, DeviceLost, live, release } from './failure.js';
import { Row } from './row.js';
import { type CaseContext, PHASES_NS } from './stepper.js';
import { type Allotment, MIN_ROUNDS, TRIAL_NS } from './timing.js';

/** The times of one row of a case, ns. */
export interface RowCost {
  readonly allocateNs: number;
  readonly uploadNs: number;
  readonly stepNs: number;
  /** A block that is part of an epoch has a multiple of this many steps. */
  readonly multiple: number;
}

/** The fewest allocations and uploads of a row; see setup.ts. */
const MIN_ALLOCATIONS = 4;
const MIN_UPLOADS = 3;
/** Time of a round relative to its blocks. The rest is spent on timing single steps and verifying scalars. */
const ROUND_OVERHEAD = 1.5;
/** The part of the budget that is reserved for the end: measuring pinbench's own cost, and building and writing the record. */
const CLOSING = { share: 0.02, leastNs: 300e6 } as const;

/**
 * Runs the first steps of every row of every case and returns the costs of each. Rows that cannot run are left out. Calls `onRow`
 * before each row with the index of its case.
 */
export async function tryCases(
  contexts: readonly (() => CaseContext)[],
  strategies: readonly Strategy[],
  onRow: (index: number, row: Row) => void,
): Promise<RowCost[][]> {
  const costs: RowCost[][] = [];
  const held: Row[] = [];
  try {
    for (const [index, contextOf] of contexts.entries()) {
      const context = contextOf();
      const rows = strategies.map((strategy) => new Row(context, strategy));
      // The rows of the first case stay allocated, so that the others share their copies of the dataset.
      const keep = held.length === 0;
      if (keep) held.push(...rows);
      try {
        costs.push(await tryRows(rows, context, (row) => onRow(index, row)));
      } finally {
        if (!keep) await release(rows);
      }
    }
  } finally {
    await release(held);
  }
  return costs;
}

async function tryRows(
  rows: readonly Row[],
  { timer }: CaseContext,
  onRow: (row: Row) => void,
): Promise<RowCost[]> {
  const costs: RowCost[] = [];
  try {
    for (const row of rows) {
      onRow(row);
      await attempt(row, async () => {
        await row.admit();
        if (row.failure !== undefined) return;
        const allocateNs = await timer.time(() => row.prepare());
        const uploadNs = await row.setup();
        await row.verify(TRIAL_NS);
        costs.push({ allocateNs, uploadNs, stepNs: row.stepNs, multiple: row.multiple });
      });
    }
  } catch (error) {
    // The measurement of the case will run into the same error and report it.
    if (!(error instanceof DeviceLost)) throw error;
  }
  return live(rows).length === 0 ? [] : costs;
}

/** The shortest time in which a case can be measured, ns: six rounds of the shortest blocks, and everything before them. */
export function leastCaseNs(plan: Plan, costs: readonly RowCost[], { minTimeNs, warmup }: Settings): number {
  return costs.reduce((sum, { allocateNs, uploadNs, stepNs, multiple }) => {
    const blockNs = Math.max(minTimeNs, shortestBlock(plan, stepNs, minTimeNs, multiple, 1) * stepNs);
    const warmUpNs = warmup === 0 ? 0 : Math.max(WARM_UP_NS.least, multiple * stepNs);
    const verifyNs = Math.max(TRIAL_NS, multiple * stepNs);
    const phasesNs = Math.max(PHASES_NS, stepNs);
    const beforeNs = MIN_ALLOCATIONS * allocateNs + MIN_UPLOADS * uploadNs + verifyNs + warmUpNs;
    return sum + beforeNs + MIN_ROUNDS * blockNs * ROUND_OVERHEAD + phasesNs;
  }, 0);
}

/** The error for a budget of which one process, or all of `processes` together, need more. */
export function budgetTooShort(budgetNs: number, neededNs: number, processes = 1): PinbenchError {
  const [of, each] = processes === 1 ? ['', ''] : [` for ${processes} processes`, ' in each process'];
  return usageError('--budget', `${formatDuration(budgetNs)} is too short${of}`, {
    expected: `at least ${formatDuration(roundedUp(neededNs))}, enough for ${MIN_ROUNDS} rounds of the shortest blocks${each}`,
  });
}

/** The time that the message of `budgetTooShort` states as sufficient, ns; `undefined` for any other message. */
export function sufficientNsIn(message: string): number | undefined {
  const [, stated] = /^--budget: .* is too short.*; expected at least ([^,]+),/.exec(message) ?? [];
  return stated === undefined ? undefined : parseDurationNs(stated);
}

/** Divides a budget among the cases. Time that a case does not use is shared among the later ones. */
export class Budget {
  readonly #endNs: number;
  readonly #leastNs: readonly number[];

  /**
   * `startedNs` is when the command began and `nowNs` is the current time, ns of the clock; `leastNs` is what each case needs.
   * Throws a usage error that states the smallest sufficient budget if less is left than the cases need.
   */
  constructor(budgetNs: number, startedNs: number, nowNs: number, leastNs: readonly number[]) {
    const closingNs = Math.max(CLOSING.leastNs, budgetNs * CLOSING.share);
    this.#endNs = startedNs + budgetNs - closingNs;
    this.#leastNs = leastNs;
    const neededNs = nowNs - startedNs + closingNs + sum(leastNs);
    if (neededNs <= budgetNs) return;
    throw budgetTooShort(budgetNs, neededNs);
  }

  /** The time for case `index`, which begins at `nowNs`. */
  allot(index: number, nowNs: number): Allotment {
    const left = this.#leastNs.slice(index);
    const spareNs = Math.max(0, this.#endNs - nowNs - sum(left)) / left.length;
    const endNs = nowNs + left[0]! + spareNs;
    return { spareNs, endNs, hardEndNs: this.#endNs, usedUp: nowNs > this.#endNs };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Rounded up to two significant digits, so that a budget of the stated time is enough. */
function roundedUp(ns: number): number {
  const unit = 10 ** (Math.floor(Math.log10(ns)) - 1);
  return Math.ceil(ns / unit) * unit;
}
