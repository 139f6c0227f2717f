import type { Plan } from '../../plan/plan.js';
import type { Phases } from '../engine.js';
import type { StepWatch } from '../step-watch.js';
import type { Context } from './context.js';
import { copyToDevice, type Delivery } from './delivery.js';
import type { Driver } from './driver.js';
import { type Launch, SLICE } from './launch.js';
import type { Results } from './results.js';

/** Runs the steps of an order; `out[k]` is the scalar of step k. */
export type EpochLoop = (order: Int32Array, out: Float64Array, watch?: StepWatch) => void;

/** What every loop works in. */
export interface Room {
  readonly context: Context;
  readonly plan: Plan;
  readonly results: Results;
  /** The launch parameter that says where a scalar goes. */
  readonly outSlot: number;
  /** Takes what gives a thing of the driver back; all are called, the last first, when the session ends. */
  readonly atEnd: (release: () => void) => void;
}

const SCALAR_BYTES = 8;
const INDEX_BYTES = 4;
/** CU_STREAM_CAPTURE_MODE_THREAD_LOCAL. */
const CAPTURE_THREAD_LOCAL = 1;
/** CU_EVENT_DEFAULT and CU_EVENT_DISABLE_TIMING. */
const WITH_TIMING = 0;
const NO_TIMING = 2;

/** Bring a mini-batch, run the graph, wait, read the scalar: `feed`, `pin`, `feed-locked` and `zero-copy`. With `--fetch epoch` the host waits once, at the end. */
export function stepLoop({ context, plan, results, outSlot }: Room, deliver: Delivery): EpochLoop {
  const { driver, stream } = context;
  const { cuStreamSynchronize } = driver.library.call;
  const { values, deviceAddress } = results;
  const wait = () => {
    const status = cuStreamSynchronize(stream);
    if (status !== 0) throw driver.error('cuStreamSynchronize', status);
  };
  if (plan.fetch === 'step') {
    return (order, out, watch) => {
      const steps = stepsOf(plan, order);
      watch?.start();
      for (let step = 0; step < steps; step++) {
        deliver(order, step).run();
        results.fetch(1);
        wait();
        out[step] = values[0]!;
        watch?.lap();
      }
    };
  }
  return (order, out, watch) => {
    const steps = stepsOf(plan, order);
    watch?.start();
    for (let step = 0; step < steps; step++) {
      const launch = deliver(order, step);
      launch.setAddress(outSlot, deviceAddress + step * SCALAR_BYTES);
      launch.run();
      watch?.lap();
    }
    results.fetch(steps);
    wait();
    out.set(values.subarray(0, steps));
  };
}

/** Events of the device around the parts of each step. The host waits after every step, whatever `--fetch` says. */
export function phasesOf(
  { context, plan, results, outSlot }: Room,
  deliver: Delivery,
  order: Int32Array,
): Phases {
  const { driver, stream } = context;
  const marks: number[] = [];
  const box = new Float32Array(1);
  const sums = [0, 0, 0];
  const steps = stepsOf(plan, order);
  try {
    while (marks.length < 4) marks.push(driver.make('cuEventCreate', WITH_TIMING));
    for (let step = 0; step < steps; step++) {
      driver.do('cuEventRecord', marks[0]!, stream);
      const launch = deliver(order, step);
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
  return { copy: sums[0]! / steps, graph: sums[1]! / steps, fetch: sums[2]! / steps };
}

/**
 * `feed-ahead`: two buffers and two streams. While the graph of step k runs, the copy of step k+1 is under way; a buffer is
 * written again only when the graph that read it has ended: the host has waited for that where it waits for every step, the
 * stream of the copies waits for it elsewhere.
 */
export function aheadLoop(
  { context, plan, results, outSlot, atEnd }: Room,
  lanes: readonly [Delivery, Delivery],
  copies: number,
): EpochLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  const event = () => {
    const made = driver.make('cuEventCreate', NO_TIMING);
    atEnd(() => driver.release('cuEventDestroy_v2', made));
    return made;
  };
  const perStep = plan.fetch === 'step';
  const [copied, read] = [
    [event(), event()],
    [event(), event()],
  ] as const;
  const must = (name: 'cuEventRecord' | 'cuStreamWaitEvent' | 'cuStreamSynchronize', status: number) => {
    if (status !== 0) throw driver.error(name, status);
  };
  const bring = (order: Int32Array, step: number): Launch => {
    const lane = step & 1;
    if (!perStep && step > 1) must('cuStreamWaitEvent', call.cuStreamWaitEvent(copies, read[lane]!, 0));
    const launch = lanes[lane]!(order, step);
    must('cuEventRecord', call.cuEventRecord(copied[lane]!, copies));
    return launch;
  };
  return (order, out, watch) => {
    const steps = stepsOf(plan, order);
    watch?.start();
    let launch = bring(order, 0);
    for (let step = 0; step < steps; step++) {
      const lane = step & 1;
      if (!perStep) launch.setAddress(outSlot, results.deviceAddress + step * SCALAR_BYTES);
      must('cuStreamWaitEvent', call.cuStreamWaitEvent(stream, copied[lane]!, 0));
      launch.run();
      if (!perStep) must('cuEventRecord', call.cuEventRecord(read[lane]!, stream));
      if (step + 1 < steps) launch = bring(order, step + 1);
      if (perStep) {
        results.fetch(1);
        must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
        out[step] = results.values[0]!;
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
 * `pin-replay`: the launches of a whole epoch, recorded once as a CUDA graph. Each takes its index from the order in device
 * memory and leaves its scalar at its own place, so an epoch is the copy of its order, one launch and one wait. Steps cannot be
 * told apart: single steps are not timed.
 */
export function replayLoop(
  { context, plan, results, atEnd }: Room,
  whole: Launch,
  orderAddress: number,
): EpochLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  whole.setAddress(SLICE.out, results.deviceAddress);
  const graph = captured(driver, stream, () => {
    for (let step = 0; step < plan.stepsPerEpoch; step++) whole.run();
  });
  atEnd(() => driver.release('cuGraphDestroy', graph));
  const executable = driver.make('cuGraphInstantiateWithFlags', graph, 0);
  atEnd(() => driver.release('cuGraphExecDestroy', executable));
  return (order, out, watch) => {
    if (watch !== undefined) return;
    copyToDevice(driver, orderAddress, driver.library.address(order), order.length * INDEX_BYTES, stream);
    const launched = call.cuGraphLaunch(executable, stream);
    if (launched !== 0) throw driver.error('cuGraphLaunch', launched);
    results.fetch(order.length);
    const waited = call.cuStreamSynchronize(stream);
    if (waited !== 0) throw driver.error('cuStreamSynchronize', waited);
    out.set(results.values.subarray(0, order.length));
  };
}

/** The graph of what `work` queues. Where that fails the capture is ended all the same: nothing can be freed during one. */
function captured(driver: Driver, stream: number, work: () => void): number {
  const box = new BigUint64Array(1);
  driver.do('cuStreamBeginCapture_v2', stream, CAPTURE_THREAD_LOCAL);
  try {
    work();
  } catch (error) {
    driver.release('cuStreamEndCapture', stream, box);
    if (box[0] !== 0n) driver.release('cuGraphDestroy', Number(box[0]));
    throw error;
  }
  driver.do('cuStreamEndCapture', stream, box);
  return Number(box[0]);
}

function stepsOf({ sampling, batch }: Plan, order: Int32Array): number {
  return sampling === 'gather' ? Math.ceil(order.length / batch) : order.length;
}
