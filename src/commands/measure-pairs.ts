import { type ChildOutcome, childRun } from '../child-run.js';
import type { AbRequest } from '../cli/request.js';
import { PinbenchError } from '../errors.js';
import { systemClock } from '../measure/clock.js';
import { ROUNDS_A_PROCESS } from '../options.js';
import type { Pair } from '../regress/pairs.js';
import type { Programs } from './builds.js';
import type { Attendance } from './interruptible.js';

/** What was measured of two builds. */
export interface Measured {
  readonly pairs: Pair[];
  /** For each pair that is not counted, the reason. */
  readonly lost: string[];
  readonly interrupted: boolean;
}

/** A process is ended after the whole budget or after this time, whichever is longer, ns. */
const LEAST_LIMIT_NS = 60e9;
/** After this many failed pairs in a row, the measurement ends. */
const MOST_LOST_IN_A_ROW = 3;

/**
 * Runs AB, BA, AB … until the requested number of pairs is measured or the remaining budget is too short for another pair. Without
 * a base, the head runs once.
 */
export async function measurePairs(
  { base, head, args, pairs: wanted, budgetNs }: AbRequest,
  programs: Programs,
  node: string,
  { signal, progress }: Attendance,
): Promise<Measured> {
  const startedNs = systemClock.nowNs();
  const endNs = startedNs + budgetNs;
  const measured = { pairs: [] as Pair[], lost: [] as string[] };
  const run = async (side: 'base' | 'head') => {
    const program = programs[side];
    return program === undefined
      ? undefined
      : await childRun({
          ...{ node, program, folder: side === 'base' ? base : head, signal },
          args: ['--rounds', String(ROUNDS_A_PROCESS), ...args],
          limitNs: Math.max(budgetNs, LEAST_LIMIT_NS),
        });
  };
  const most = programs.base === undefined ? 1 : (wanted ?? Number.POSITIVE_INFINITY);
  let [longestNs, failed] = [0, 0];
  try {
    for (let number = 0; number < most; number++) {
      const beganNs = systemClock.nowNs();
      if (wanted === undefined && number > 0 && beganNs + longestNs > endNs) break;
      const leftNs =
        wanted === undefined ? endNs - beganNs : number > 0 ? (most - number) * longestNs : undefined;
      progress?.process({ paired: true, number: number + 1, of: wanted, leftNs });
      const outcomes: Partial<Record<'base' | 'head', ChildOutcome>> = {};
      for (const side of number % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const)) {
        const outcome = await run(side);
        if (outcome !== undefined) outcomes[side] = outcome;
      }
      const why = Object.entries(outcomes).flatMap(([side, outcome]) =>
        'failed' in outcome ? [`${side}: ${outcome.failed}`] : [],
      );
      if (why.length > 0) measured.lost.push(why.join('; '));
      else measured.pairs.push(pairOf(outcomes));
      failed = why.length > 0 ? failed + 1 : 0;
      if (failed >= MOST_LOST_IN_A_ROW || (failed > 0 && measured.pairs.length === 0)) break;
      longestNs = Math.max(longestNs, systemClock.nowNs() - beganNs);
    }
  } catch (error) {
    if (!(error instanceof PinbenchError) || error.code !== 'interrupted') throw error;
    return { ...measured, interrupted: true };
  }
  return { ...measured, interrupted: false };
}

function pairOf(outcomes: Partial<Record<'base' | 'head', ChildOutcome>>): Pair {
  const records = Object.entries(outcomes).flatMap(([side, outcome]) =>
    'record' in outcome ? [[side, outcome.record]] : [],
  );
  return Object.fromEntries(records) as unknown as Pair;
}
