import { median } from 'simple-statistics';
import type { Session } from '../engine/engine.js';
import { Orders } from '../plan/batches.js';
import { epochsOfRound, type Plan } from '../plan/plan.js';
import type { BlockTimer } from './block.js';

/** An engine that does nothing: what is left when it is timed is pinbench's own cost. */
class NullSession implements Session {
  async setup(): Promise<void> {}
  epoch(order: Int32Array, out: Float64Array): void {
    for (let step = 0; step < order.length; step++) out[step] = order[step]!;
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Blocks of the null engine are timed for so many rounds, and so many steps at most. */
const ROUNDS = 20;
const MOST_STEPS = 100_000;

/** What the loop and the clock around a step cost in this plan, ns a step: the median over rounds of the null engine. */
export async function overheadNsPerStep(plan: Plan, timer: BlockTimer): Promise<number> {
  const short: Plan = { ...plan, sampling: 'slice', stepsPerEpoch: Math.min(plan.stepsPerEpoch, MOST_STEPS) };
  const orders = new Orders(short);
  const out = new Float64Array(short.stepsPerEpoch);
  const session = new NullSession();
  const epochs = Math.min(
    epochsOfRound(plan.epochs, plan.rounds, 0),
    Math.ceil(MOST_STEPS / short.stepsPerEpoch),
  );
  const samplesNs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    samplesNs.push(
      (await timer.block(session, orders, round * epochs, epochs, out)) / (epochs * short.stepsPerEpoch),
    );
  }
  return median(samplesNs);
}
