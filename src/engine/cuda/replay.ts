import { indexesOf } from '../../plan/order.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import { copyToDevice, INDEX_BYTES } from './delivery.js';
import type { Driver } from './driver.js';
import { type Launch, SLICE } from './launch.js';
import type { LoopState, StepsLoop } from './loops.js';
import { offHeap } from './memory.js';

/** A graph of more launches takes long to record, and much of the driver's memory. */
const MOST_RECORDED_STEPS = 4096;
/** A graph that reads more takes longer than a call should: these take a device some tens of milliseconds. */
const MOST_RECORDED_BYTES = 16 * 2 ** 30;
/** CU_STREAM_CAPTURE_MODE_THREAD_LOCAL. */
const CAPTURE_THREAD_LOCAL = 1;

/** Steps that the graph of a plan holds. An epoch is some replays of it, and then fewer steps than it has replays, or nearly so. */
export function recordedSteps(plan: Plan): number {
  const { stepsPerEpoch, batch, work } = plan;
  const readable = Math.floor(MOST_RECORDED_BYTES / (batch * rowBytesOf(plan) * work));
  const most = Math.max(1, Math.min(MOST_RECORDED_STEPS, readable));
  return Math.floor(stepsPerEpoch / Math.ceil(stepsPerEpoch / most));
}

/**
 * `pin-replay`: the launches of `steps` steps, recorded once as a CUDA graph. Each takes its index from its own place of the
 * order in device memory and leaves its scalar at its own place, so a replay is the copy of that part of the order, one launch
 * and one wait. A call is one or several replays; the few steps that an epoch has left are launched one by one. Steps cannot be
 * told apart: single steps are not timed.
 */
export function replayLoop(
  { context, results, belongings }: LoopState,
  whole: Launch,
  orderAddress: number,
  steps: number,
): StepsLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  whole.setAddress(SLICE.out, results.deviceAddress);
  const launchSteps = (count: number) => {
    for (let step = 0; step < count; step++) {
      whole.set(SLICE.index, step);
      whole.run();
    }
  };
  const graph = captured(driver, stream, () => launchSteps(steps));
  belongings.atEnd(() => driver.release('cuGraphDestroy', graph));
  const executable = driver.make('cuGraphInstantiateWithFlags', graph, 0);
  belongings.atEnd(() => driver.release('cuGraphExecDestroy', executable));
  const replay = () => {
    const status = call.cuGraphLaunch(executable, stream);
    driver.must('cuGraphLaunch', status);
  };
  return (order, from, to, out, watch) => {
    if (watch !== undefined) return;
    const address = driver.library.address(offHeap(indexesOf(order)));
    for (let at = from; at < to; at += steps) {
      const count = Math.min(steps, to - at);
      copyToDevice(driver, orderAddress, address + at * INDEX_BYTES, count * INDEX_BYTES, stream);
      if (count === steps) replay();
      else launchSteps(count);
      results.fetch(count);
      // The order may be written again when the call returns: its copy has ended by then.
      const waited = call.cuStreamSynchronize(stream);
      driver.must('cuStreamSynchronize', waited);
      out.set(results.values.subarray(0, count), at - from);
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
