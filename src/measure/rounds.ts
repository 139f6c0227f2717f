import { attempt, live } from './failure.js';
import type { Block, Row } from './row.js';
import { schedule } from './schedule.js';
import { Looks } from './stopping.js';
import type { Timer } from './timer.js';

/** How many rounds a case gets, and what a block of them is. */
export interface RoundPlan {
  /** The fewest rounds, whatever the time. */
  readonly least: number;
  /** The most rounds; infinite where the interval or the time decides. */
  readonly most: number;
  /** Steps of a row's block in a round. */
  readonly steps: (row: Row, round: number) => number;
  /** A block goes on until it has lasted this long, ns. */
  readonly minTimeNs: number;
  /** Rounds end when half the width of the interval is at most this; absent: it is not looked at. */
  readonly untilPercent?: number | undefined;
  /** After `least` rounds, none begins that would likely end after this, ns of the clock. */
  readonly endNs: number;
  /** Not even the least rounds go on after this, ns of the clock. */
  readonly hardEndNs: number;
}

/** Rounds that are over. Moments are ns of the clock. */
export interface RoundsSoFar {
  /** How many. */
  readonly round: number;
  /** When the first one began. */
  readonly startNs: number;
  /** When the present one began. */
  readonly roundStartNs: number;
}

/** Told before each block. */
export type OnBlock = (row: Row, soFar: RoundsSoFar) => void;

/** Runs rounds of one block of each live row, and says why they ended. A row that fails leaves; its round is dropped for all. */
export async function runRounds(
  rows: readonly Row[],
  plan: RoundPlan,
  seed: number,
  timer: Timer,
  onBlock: OnBlock,
): Promise<'planned' | 'until' | 'time'> {
  const turns = schedule(rows.length, seed);
  const looks = new Looks(plan.untilPercent ?? 0);
  const startNs = timer.nowNs();
  let round = 0;
  let roundNs = 0;
  while (round < plan.most && live(rows).length > 0) {
    const now = timer.nowNs();
    if (round >= plan.least && now + roundNs > plan.endNs) return 'time';
    if (round > 0 && now + roundNs > plan.hardEndNs) return 'time';
    const soFar = { round, startNs, roundStartNs: now };
    const present = live(rows);
    const blocks = new Map<Row, Block>();
    for (const index of turns.next().value) {
      const row = rows[index]!;
      if (row.failure !== undefined) continue;
      onBlock(row, soFar);
      const block = await attempt(row, () => row.block(plan.steps(row, round), plan.minTimeNs));
      if (block !== undefined) blocks.set(row, block);
    }
    roundNs = timer.nowNs() - now;
    // A round counts whole or not at all, so that samples stay paired: it is dropped where a row failed in it.
    if (live(rows).length < present.length) continue;
    for (const [row, block] of blocks) row.keep(block);
    round += 1;
    if (plan.untilPercent !== undefined && looks.satisfied(present.map(({ samplesNs }) => samplesNs)))
      return 'until';
  }
  return 'planned';
}
