import { attempt, live } from './failure.js';
import type { Block, Row } from './row.js';
import { schedule } from './schedule.js';
import { Looks } from './stopping.js';
import type { Timer } from './timer.js';

/** The number of rounds of a case and the size of their blocks. */
export interface RoundPlan {
  /** The fewest rounds, whatever the time. */
  readonly least: number;
  /** The most rounds; infinite if the interval or the time decides. */
  readonly most: number;
  /** Steps of a row's block in a round. */
  readonly steps: (row: Row, round: number) => number;
  /** A block continues until it has lasted this long, ns. */
  readonly minTimeNs: number;
  /** Rounds end when half the width of the interval is at most this percentage. Absent: the interval does not matter. */
  readonly untilPercent?: number | undefined;
  /** After `least` rounds, no round begins that would probably end after this moment, ns of the clock. */
  readonly endNs: number;
  /** No round after the first begins that would probably end after this moment, even before `least` rounds, ns of the clock. */
  readonly hardEndNs: number;
}

/** The rounds so far. Moments are ns of the clock. */
export interface RoundsSoFar {
  /** Number of finished rounds. */
  readonly round: number;
  /** When the first one began. */
  readonly startNs: number;
  /** When the current one began. */
  readonly roundStartNs: number;
}

/** Called before each block. */
export type OnBlock = (row: Row, soFar: RoundsSoFar) => void;

/**
 * Runs rounds with one block of each live row and returns why they ended. If a row fails, its round is dropped for all rows and
 * the others continue.
 */
export async function runRounds(
  rows: readonly Row[],
  plan: RoundPlan,
  seed: number,
  timer: Timer,
  onBlock: OnBlock,
): Promise<'planned' | 'until' | 'time'> {
  const sequences = schedule(rows.length, seed);
  const looks = new Looks(plan.untilPercent ?? 0);
  const startNs = timer.nowNs();
  let round = 0;
  let roundNs = 0;
  while (round < plan.most && live(rows).length > 0) {
    await timer.awaitTurn();
    const now = timer.nowNs();
    if (round >= plan.least && now + roundNs > plan.endNs) return 'time';
    if (round > 0 && now + roundNs > plan.hardEndNs) return 'time';
    const soFar = { round, startNs, roundStartNs: now };
    const present = live(rows);
    const blocks = new Map<Row, Block>();
    for (const index of sequences.next().value) {
      const row = rows[index]!;
      if (row.failure !== undefined) continue;
      onBlock(row, soFar);
      const block = await attempt(row, () => row.block(plan.steps(row, round), plan.minTimeNs));
      if (block !== undefined) blocks.set(row, block);
    }
    roundNs = timer.nowNs() - now;
    // A round in which a row failed is dropped entirely, so that the samples of the rows stay paired.
    if (live(rows).length < present.length) continue;
    for (const [row, block] of blocks) row.keep(block);
    round += 1;
    if (plan.untilPercent !== undefined && looks.satisfied(present.map(({ samplesNs }) => samplesNs)))
      return 'until';
  }
  return 'planned';
}
