import { median } from 'simple-statistics';
import type { Session } from '../engine/engine.js';
import { Orders } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Timer } from './timer.js';

/** A session whose steps do nothing, so that timing them measures only the timing loop. */
export const nullSession: Session = {
  async setup() {},
  steps(_order, from, to, out) {
    for (let step = from; step < to; step++) out[step - from] = step;
  },
  async [Symbol.asyncDispose]() {},
};

/** Number of timed rounds, after as many warm-up rounds. */
const ROUNDS = 20;

/**
 * The time of a step of a session in blocks of `blockSteps` steps, ns: the median over rounds. With `nullSession` it is the cost of
 * the timing loop; with a device's floor it is the time that no strategy can beat.
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
    await timer.yieldIfDue();
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
