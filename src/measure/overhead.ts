import { median } from 'simple-statistics';
import type { Session } from '../engine/engine.js';
import { Orders } from '../plan/batches.js';
import { epochsOfRound, type Plan } from '../plan/plan.js';
import type { BlockTimer } from './block.js';

/** An engine that does nothing: what is left when it is timed is pinbench's own cost. */
export const nullSession: Session = {
  async setup() {},
  epoch(order, out) {
    for (let step = 0; step < order.length; step++) out[step] = order[step]!;
  },
  async [Symbol.asyncDispose]() {},
};

/** Blocks are timed for so many rounds, and so many steps at most, after as many to warm up. */
const ROUNDS = 20;

/**
 * What a step of a session costs in this plan, ns: the median over rounds. With `nullSession` that is the loop and the clock
 * around a step, with a device's floor what no strategy can beat.
 */
export async function costPerStep(
  session: Session,
  plan: Plan,
  timer: BlockTimer,
  mostSteps: number,
): Promise<number> {
  const short: Plan = { ...plan, sampling: 'slice', stepsPerEpoch: Math.min(plan.stepsPerEpoch, mostSteps) };
  const orders = new Orders(short);
  const out = new Float64Array(short.stepsPerEpoch);
  const wanted = epochsOfRound(plan.epochs, plan.rounds, 0);
  const epochs = Math.min(wanted, Math.ceil(mostSteps / short.stepsPerEpoch));
  const samplesNs: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    const elapsedNs = await timer.block(session, orders, round * epochs, epochs, out);
    samplesNs.push(elapsedNs / (epochs * short.stepsPerEpoch));
  }
  return median(samplesNs.slice(ROUNDS));
}
