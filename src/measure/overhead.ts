import { median } from 'simple-statistics';
import type { Session } from '../engine/engine.js';
import { Orders } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Timer } from './timer.js';

/** Steps that do nothing: what is left when they are timed is the timing loop around a step. */
export const nullSession: Session = {
  async setup() {},
  steps(_order, from, to, out) {
    for (let step = from; step < to; step++) out[step - from] = step;
  },
  async [Symbol.asyncDispose]() {},
};

/** Blocks are timed for so many rounds, after as many to warm up. */
const ROUNDS = 20;

/**
 * What a step of a session costs in blocks of `blockSteps` steps, ns: the median over rounds. With `nullSession` that is the timing
 * loop, with a device's floor what no strategy can be faster than.
 */
export async function costPerStep(
  session: Session,
  plan: Plan,
  timer: Timer,
  blockSteps: number,
): Promise<number> {
  const orders = new Orders({ ...plan, sampling: 'slice', shuffle: 'none' });
  const out = new Float64Array(blockSteps);
  const samplesNs: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    let [done, ns] = [0, 0];
    await timer.breathe();
    while (done < blockSteps) {
      await timer.through(orders.drawing(done));
      const { order, from, to } = orders.stretch(done, blockSteps - done);
      ns += await timer.time(() => session.steps(order, from, to, out.subarray(done)));
      done += to - from;
    }
    samplesNs.push(ns / blockSteps);
  }
  return median(samplesNs.slice(ROUNDS));
}
