import { indexesOf, type Order } from '../../plan/order.js';
import type { Plan } from '../../plan/plan.js';
import type { Phases } from '../engine.js';
import type { StepWatch } from '../step-watch.js';
import type { Belongings } from './belongings.js';
import type { Context } from './context.js';
import { copyToDevice, type Delivery, INDEX_BYTES } from './delivery.js';
import type { Driver } from './driver.js';
import { type Launch, SLICE } from './launch.js';
import { offHeap } from './memory.js';
import { type Results, SCALAR_BYTES } from './results.js';

/** Runs the steps `[from, to)` of an order, at least one; `out[k]` is the scalar of step `from + k`. */
export type StepsLoop = (
  order: Order,
  from: number,
  to: number,
  out: Float64Array,
  watch?: StepWatch,
) => void;

/** What every loop works in. */
export interface Room {
  readonly context: Context;
  readonly plan: Plan;
  /** Has room for the scalars of a call where they come back at its end, else for one. */
  readonly results: Results;
  /** The launch parameter that says where a scalar goes. */
  readonly outSlot: number;
  readonly belongings: Belongings;
}

/** CU_STREAM_CAPTURE_MODE_THREAD_LOCAL. */
const CAPTURE_THREAD_LOCAL = 1;
/** CU_EVENT_DEFAULT and CU_EVENT_DISABLE_TIMING. */
const WITH_TIMING = 0;
const NO_TIMING = 2;

/**
 * Brings a mini-batch, runs the graph, waits, reads the scalar: `feed`, `pin`, `feed-locked` and `zero-copy`. With
 * `--fetch epoch` the host waits once, at the end of the call.
 */
export function stepLoop({ context, plan, results, outSlot }: Room, deliver: Delivery): StepsLoop {
  const { driver, stream } = context;
  const { cuStreamSynchronize } = driver.library.call;
  const { values, deviceAddress } = results;
  const wait = () => {
    const status = cuStreamSynchronize(stream);
    if (status !== 0) throw driver.error('cuStreamSynchronize', status);
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

/** Puts events of the device around the parts of each step. The host waits after every step, whatever `--fetch` says. */
export function phasesOf(
  { context, results, outSlot }: Room,
  deliver: Delivery,
  order: Order,
  from: number,
  to: number,
): Phases {
  const { driver, stream } = context;
  const indexes = indexesOf(order);
  const marks: number[] = [];
  const box = new Float32Array(1);
  const sums = [0, 0, 0];
  try {
    while (marks.length < 4) marks.push(driver.make('cuEventCreate', WITH_TIMING));
    for (let step = from; step < to; step++) {
      driver.do('cuEventRecord', marks[0]!, stream);
      const launch = deliver(indexes, step);
      launch.setAddress(outSlot, results.deviceAddress);
      driver.do('cuEventRecord', marks[1]!, stream);
      launch.run();
      driver.do('cuEventRecord', marks[2]!, stream);
      results.fetch(1);
      driver.do('cuEventRecord', marks[3]!, stream);
      driver.do('cuStreamSynchronize', stream);
      for (let part = 0; part < sums.length; part++) {
        driver.do('cuEventElapsedTime', box, marks[part]!, marks[part + 1]!);
        sums[part] = sums[part]! + box[0]! * 1e6;
      }
    }
  } finally {
    for (const mark of marks) driver.release('cuEventDestroy_v2', mark);
  }
  const steps = to - from;
  return { copy: sums[0]! / steps, graph: sums[1]! / steps, fetch: sums[2]! / steps };
}

/**
 * `feed-ahead`: two buffers and two streams. While the graph of step k runs, the copy of step k+1 is under way; a buffer is
 * written again only when the graph that read it has ended: the host has waited for that where it waits for every step, the
 * stream of the copies waits for it elsewhere. Each call begins with a copy that nothing hides, and ends with none under way.
 */
export function aheadLoop(
  { context, plan, results, outSlot, belongings }: Room,
  lanes: readonly [Delivery, Delivery],
  copies: number,
): StepsLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  const event = () => belongings.event(NO_TIMING);
  const perStep = plan.fetch === 'step';
  const [copied, read] = [
    [event(), event()],
    [event(), event()],
  ] as const;
  const must = (name: 'cuEventRecord' | 'cuStreamWaitEvent' | 'cuStreamSynchronize', status: number) => {
    if (status !== 0) throw driver.error(name, status);
  };
  /** Copies the mini-batch of step `from + k` to the buffer of lane k mod 2. */
  const bring = (indexes: Int32Array, from: number, k: number): Launch => {
    const lane = k & 1;
    if (!perStep && k > 1) must('cuStreamWaitEvent', call.cuStreamWaitEvent(copies, read[lane]!, 0));
    const launch = lanes[lane]!(indexes, from + k);
    must('cuEventRecord', call.cuEventRecord(copied[lane]!, copies));
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
      must('cuStreamWaitEvent', call.cuStreamWaitEvent(stream, copied[lane]!, 0));
      launch.run();
      if (!perStep) must('cuEventRecord', call.cuEventRecord(read[lane]!, stream));
      if (k + 1 < steps) launch = bring(indexes, from, k + 1);
      if (perStep) {
        results.fetch(1);
        must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
        out[k] = results.values[0]!;
      }
      watch?.lap();
    }
    if (perStep) return;
    results.fetch(steps);
    must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
    out.set(results.values.subarray(0, steps));
  };
}

/**
 * `pin-replay`: the launches of `steps` steps, recorded once as a CUDA graph. Each takes its index from the order in device
 * memory and leaves its scalar at its own place, so a replay is the copy of that part of the order, one launch and one wait. A
 * call is one or several replays. Steps cannot be told apart: single steps are not timed.
 */
export function replayLoop(
  { context, results, belongings }: Room,
  whole: Launch,
  orderAddress: number,
  steps: number,
): StepsLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  whole.setAddress(SLICE.out, results.deviceAddress);
  const graph = captured(driver, stream, () => {
    for (let step = 0; step < steps; step++) whole.run();
  });
  belongings.atEnd(() => driver.release('cuGraphDestroy', graph));
  const executable = driver.make('cuGraphInstantiateWithFlags', graph, 0);
  belongings.atEnd(() => driver.release('cuGraphExecDestroy', executable));
  const scalars = results.values.subarray(0, steps);
  return (order, from, to, out, watch) => {
    if (watch !== undefined) return;
    const address = driver.library.address(offHeap(indexesOf(order)));
    for (let at = from; at < to; at += steps) {
      copyToDevice(driver, orderAddress, address + at * INDEX_BYTES, steps * INDEX_BYTES, stream);
      const launched = call.cuGraphLaunch(executable, stream);
      if (launched !== 0) throw driver.error('cuGraphLaunch', launched);
      results.fetch(steps);
      const waited = call.cuStreamSynchronize(stream);
      if (waited !== 0) throw driver.error('cuStreamSynchronize', waited);
      out.set(scalars, at - from);
    }
  };
}

/** The graph of what `work` queues. Where that fails the capture is ended all the same: nothing can be freed during one. */
function captured(driver: Driver, stream: number, work: () => void): number {
  const box = new BigUint64Array(1);
  driver.do('cuStreamBeginCapture_v2', stream, CAPTURE_THREAD_LOCAL);
  try {
    work();
    driver.do('cuStreamEndCapture', stream, box);
  } catch (error) {
    driver.release('cuStreamEndCapture', stream, box);
    if (box[0] !== 0n) driver.release('cuGraphDestroy', Number(box[0]));
    throw error;
  }
  return Number(box[0]);
}
