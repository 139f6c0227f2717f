import { epochsOfRound, type Plan } from '../plan/plan.js';
import type { Contender, Sample } from './contender.js';
import { schedule } from './schedule.js';
import { MAX_EXTENSION, widestIntervalPercent } from './stopping.js';

/** How the rounds of a cell ended. */
export interface RoundsOutcome {
  readonly rounds: number;
  /** The widest 95 % interval of a speedup, in percent. */
  readonly widthPercent: number;
}

/**
 * Runs `epochs` epochs of each contender in rounds, each round in an order of its own. With `untilPercent` rounds are
 * added, as long as the planned ones again, until the intervals are that narrow or `MAX_EXTENSION` times as many ran.
 * `onBlock` is called before each block with the contender, the round and how many are planned.
 */
export async function runRounds(
  contenders: readonly Contender[],
  plan: Plan,
  epochs: number,
  untilPercent: number | undefined,
  onBlock: (contender: Contender, round: number, rounds: number) => void,
): Promise<RoundsOutcome> {
  const planned = Math.min(plan.rounds, epochs);
  const most = untilPercent === undefined ? planned : planned * MAX_EXTENSION;
  const turns = schedule(contenders.length, most, plan.seed);
  const width = () => widestIntervalPercent(contenders.map(({ samplesNs }) => samplesNs));
  let epoch = 0;
  let round = 0;
  while (round < most && (round < planned || width() > untilPercent!)) {
    const count = epochsOfRound(epochs, planned, round % planned);
    const samples = new Map<Contender, Sample>();
    for (const index of turns[round]!) {
      const contender = contenders[index]!;
      onBlock(contender, round, Math.max(planned, round + 1));
      samples.set(contender, await contender.round(epoch, count));
    }
    // An interrupted round never gets here: it counts whole or not at all, so that samples stay paired.
    for (const [contender, sample] of samples) contender.keep(sample);
    epoch += count;
    round += 1;
  }
  return { rounds: round, widthPercent: width() };
}
