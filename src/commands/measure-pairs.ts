import { type Child, type ChildOutcome, startChild } from '../child-run.js';
import type { AbRequest } from '../cli/request.js';
import { EXIT, PinbenchError } from '../errors.js';
import { systemClock } from '../measure/clock.js';
import { PAIRS_FOR_TWICE_THE_ROUNDS, ROUNDS_OF_AB } from '../options.js';
import type { Pair } from '../regress/pairs.js';
import type { Programs } from './builds.js';
import type { WorkContext } from './interruptible.js';

/** What was measured of two builds. */
export interface Measured {
  readonly pairs: Pair[];
  /** For each pair that is not counted, the reason. */
  readonly lost: string[];
  /** Whether the processes of a pair took turns round by round; otherwise they ran one after the other. */
  readonly inTurns: boolean;
  readonly interrupted: boolean;
}

/** A process is ended after the whole budget or after this time, whichever is longer, ns. Its time includes that of its partner's turns. */
const MIN_LIMIT_NS = 60e9;
/** After this many failed pairs in a row, the measurement ends. */
const MAX_LOST_IN_A_ROW = 3;

/**
 * Measures pairs of processes, base first and head first in alternation, until the requested number of pairs is measured or the
 * remaining budget is too short for another. The processes of a pair live at the same time and take turns: one runs a round while the
 * other waits. If that fails for the first pair, for example because the device has no memory for two datasets, or if a build does not
 * take turns, one process runs after the other. If the first pair cannot be compared, it is the last. After the first pair, the
 * processes start together, and run twice the rounds if the budget allows. Without a base, the head runs once. Throws `mismatch` if a
 * process found a wrong sum.
 */
export async function measurePairs(
  { base, head, args, pairs: wanted, budgetNs }: AbRequest,
  programs: Programs,
  node: string,
  { signal, progress }: WorkContext,
  isComparable: (pair: Pair) => boolean,
): Promise<Measured> {
  const startedNs = systemClock.nowNs();
  const endNs = startedNs + budgetNs;
  const measured = { pairs: [] as Pair[], lost: [] as string[], inTurns: programs.base !== undefined };
  let rounds = ROUNDS_OF_AB;
  const starting = (inTurns: boolean) => (side: Side) =>
    startChild({
      ...{ node, program: programs[side]!, folder: side === 'base' ? base : head, signal },
      args: ['--rounds', String(rounds), ...args],
      limitNs: Math.max(budgetNs, MIN_LIMIT_NS),
      inTurns,
    });
  const most = programs.base === undefined ? 1 : (wanted ?? Number.POSITIVE_INFINITY);
  let [longestNs, failed] = [0, 0];
  try {
    for (let number = 0; number < most; number++) {
      const beganNs = systemClock.nowNs();
      if (wanted === undefined && number > 0 && beganNs + longestNs > endNs) break;
      const leftNs =
        wanted === undefined ? endNs - beganNs : number > 0 ? (most - number) * longestNs : undefined;
      progress?.process({ paired: true, number: number + 1, of: wanted, leftNs });
      const sides: readonly Side[] =
        programs.base === undefined ? ['head'] : number % 2 === 0 ? ['base', 'head'] : ['head', 'base'];
      const isFirst = measured.pairs.length === 0;
      let outcomes: Outcomes;
      if (measured.inTurns) {
        const ran = await inTurns(sides, starting(true), !isFirst);
        outcomes = ran.outcomes;
        const alone =
          isFirst && outcomes.some(mayNeedMore) ? await oneByOne(sides, starting(false)) : undefined;
        if (alone !== undefined && rowsIn(alone) > rowsIn(outcomes)) {
          const why = whyLost(sides, outcomes);
          if (why !== undefined) measured.lost.push(`${why} (measured again, one process after the other)`);
          measured.inTurns = false;
          outcomes = alone;
        } else if (!ran.bothAsked && outcomes.every((outcome) => 'record' in outcome)) {
          measured.inTurns = false;
        }
      } else {
        outcomes = await oneByOne(sides, starting(false));
      }
      const why = whyLost(sides, outcomes);
      failed = why === undefined ? 0 : failed + 1;
      const isLast = failed >= MAX_LOST_IN_A_ROW;
      if (why === undefined) measured.pairs.push(pairOf(sides, outcomes));
      else
        measured.lost.push(isLast ? `${why}; the measurement ended after ${failed} failures in a row` : why);
      if (isLast) break;
      if (measured.pairs.length === 0 || (measured.pairs.length === 1 && !isComparable(measured.pairs[0]!)))
        break;
      longestNs = Math.max(longestNs, systemClock.nowNs() - beganNs);
      if (number === 0 && wanted === undefined && budgetNs / longestNs >= PAIRS_FOR_TWICE_THE_ROUNDS)
        rounds *= 2;
    }
  } catch (error) {
    if (!(error instanceof PinbenchError) || error.code !== 'interrupted') throw error;
    return { ...measured, interrupted: true };
  }
  return { ...measured, interrupted: false };
}

type Side = 'base' | 'head';
type Start = (side: Side) => Child;

/** One outcome for each side, in the given order. */
type Outcomes = readonly ChildOutcome[];

interface Ran {
  readonly outcomes: Outcomes;
  /** Whether both processes asked for turns. A process that does not would disturb one that starts meanwhile. */
  readonly bothAsked: boolean;
}

async function oneByOne(sides: readonly Side[], start: Start): Promise<Outcomes> {
  const outcomes: ChildOutcome[] = [];
  for (const side of sides) outcomes.push(await start(side).outcome);
  return rightSums(sides, outcomes);
}

/**
 * Lets the processes run their rounds in turn: a process has the machine until it asks for its next turn. In every other round the order
 * is reversed, so that drift cancels. A program that never asks runs to its end first. With `together`, the processes do what precedes
 * their first round, which is not compared, at the same time.
 */
async function inTurns(sides: readonly Side[], start: Start, together: boolean): Promise<Ran> {
  const children: { readonly side: Side; readonly child: Child; asks: boolean }[] = [];
  for (const side of sides) {
    const one = { side, child: start(side), asks: false };
    children.push(one);
    if (!together) one.asks = await one.child.asks();
  }
  if (together) for (const one of children) one.asks = await one.child.asks();
  const bothAsked = children.every(({ asks }) => asks);
  while (children.some(({ asks }) => asks)) {
    for (const one of children) {
      if (!one.asks) continue;
      one.child.go();
      one.asks = await one.child.asks();
    }
    children.reverse();
  }
  children.sort((a, b) => sides.indexOf(a.side) - sides.indexOf(b.side));
  const outcomes = await Promise.all(children.map(({ child }) => child.outcome));
  return { outcomes: rightSums(sides, outcomes), bothAsked };
}

/** Returns the outcomes. Throws `mismatch` if a process found a wrong sum: such a build must not be measured further. */
function rightSums(sides: readonly Side[], outcomes: Outcomes): Outcomes {
  if (outcomes.some((outcome) => 'failed' in outcome && outcome.code === EXIT.mismatch))
    throw new PinbenchError('mismatch', { subject: 'ab', observed: whyLost(sides, outcomes)! });
  return outcomes;
}

/** Why a pair is not counted: the sides that failed; `undefined` if none did. */
function whyLost(sides: readonly Side[], outcomes: Outcomes): string | undefined {
  const why = sides.flatMap((side, i) => {
    const outcome = outcomes[i]!;
    return 'failed' in outcome ? [`${side}: ${outcome.failed}`] : [];
  });
  return why.length === 0 ? undefined : why.join('; ');
}

/** The number of rows that the processes measured. */
function rowsIn(outcomes: Outcomes): number {
  const results = outcomes.flatMap((outcome) => ('record' in outcome ? outcome.record.results : []));
  return results.filter(({ status }) => status === 'measured').length;
}

/** Whether a process may have lacked what the other process of its pair held, such as memory or an exclusive device. */
function mayNeedMore(outcome: ChildOutcome): boolean {
  return 'failed' in outcome || outcome.record.results.some(({ status }) => status === 'skipped');
}

function pairOf(sides: readonly Side[], outcomes: Outcomes): Pair {
  const records = sides.flatMap((side, i) => {
    const outcome = outcomes[i]!;
    return 'record' in outcome ? [[side, outcome.record]] : [];
  });
  return Object.fromEntries(records) as unknown as Pair;
}
