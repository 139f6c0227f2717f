import { indexesOf, type Order } from '../../plan/order.js';
import type { Plan } from '../../plan/plan.js';
import type { StepWatch } from '../step-watch.js';
import type { Allocations } from './allocations.js';
import type { Context } from './context.js';
import type { Delivery } from './delivery.js';
import type { Launch } from './launch.js';
import { type Readback, SCALAR_BYTES } from './readback.js';

/** Runs the steps `[from, to)` of an order, at least one, and writes the scalar of step `from + k` to `out[k]`. */
export type StepsLoop = (
  order: Order,
  from: number,
  to: number,
  out: Float64Array,
  watch?: StepWatch,
) => void;

/** What every loop needs. */
export interface LoopState {
  readonly context: Context;
  readonly plan: Plan;
  /** Has room for all scalars of a call if they come back at its end, otherwise for one. */
  readonly results: Readback;
  /** The slot of the launch parameter with the scalar's address. */
  readonly outSlot: number;
  readonly allocations: Allocations;
}

/**
 * Delivers a mini-batch, runs the graph, waits and reads the scalar: `feed`, `pin`, `feed-locked` and `zero-copy`. With `--fetch
 * epoch` the host waits only once, at the end of the call.
 */
export function stepLoop({ context, plan, results, outSlot }: LoopState, deliver: Delivery): StepsLoop {
  const { driver, stream } = context;
  const { cuStreamSynchronize } = driver.library.call;
  const { values, deviceAddress } = results;
  const wait = () => {
    const status = cuStreamSynchronize(stream);
    driver.must('cuStreamSynchronize', status);
  };
  if (plan.fetch === 'step') {
    return (order, from, to, out, watch) => {
      const indexes = indexesOf(order);
      watch?.start();
      for (let step = from; step < to; step++) {
        deliver(indexes, step).run();
        results.fetch(1);
        wait();
        out[step - from] = values[0]!;
        watch?.lap();
      }
    };
  }
  return (order, from, to, out, watch) => {
    const indexes = indexesOf(order);
    watch?.start();
    for (let step = from; step < to; step++) {
      const launch = deliver(indexes, step);
      launch.setAddress(outSlot, deviceAddress + (step - from) * SCALAR_BYTES);
      launch.run();
      watch?.lap();
    }
    results.fetch(to - from);
    wait();
    out.set(values.subarray(0, to - from));
  };
}

/**
 * `feed-ahead`: two buffers and two streams. While the graph of step k runs, the mini-batch of step k+1 is copied. A buffer is
 * overwritten only after the graph that read it has finished: with `--fetch step` the host has waited for that, otherwise the
 * copy stream waits for it. Each call begins with a copy that no graph hides, and ends with no copy in flight.
 */
export function aheadLoop(
  { context, plan, results, outSlot, allocations }: LoopState,
  lanes: readonly [Delivery, Delivery],
  copies: number,
): StepsLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  const perStep = plan.fetch === 'step';
  const [copied, read] = [
    [allocations.event(), allocations.event()],
    [allocations.event(), allocations.event()],
  ] as const;
  /** Queues the copy of the mini-batch of step `from + k` to the buffer of lane k mod 2. */
  const bring = (indexes: Int32Array, from: number, k: number): Launch => {
    const lane = k & 1;
    if (!perStep && k > 1) driver.must('cuStreamWaitEvent', call.cuStreamWaitEvent(copies, read[lane]!, 0));
    const launch = lanes[lane]!(indexes, from + k);
    driver.must('cuEventRecord', call.cuEventRecord(copied[lane]!, copies));
    return launch;
  };
  return (order, from, to, out, watch) => {
    const indexes = indexesOf(order);
    const steps = to - from;
    watch?.start();
    let launch = bring(indexes, from, 0);
    for (let k = 0; k < steps; k++) {
      const lane = k & 1;
      if (!perStep) launch.setAddress(outSlot, results.deviceAddress + k * SCALAR_BYTES);
      driver.must('cuStreamWaitEvent', call.cuStreamWaitEvent(stream, copied[lane]!, 0));
      launch.run();
      if (!perStep) driver.must('cuEventRecord', call.cuEventRecord(read[lane]!, stream));
      if (k + 1 < steps) launch = bring(indexes, from, k + 1);
      if (perStep) {
        results.fetch(1);
        driver.must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
        out[k] = results.values[0]!;
      }
      watch?.lap();
    }
    if (perStep) return;
    results.fetch(steps);
    driver.must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
    out.set(results.values.subarray(0, steps));
  };
}
