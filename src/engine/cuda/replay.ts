import { indexesOf } from '../../plan/order.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import { copyToDevice, INDEX_BYTES } from './delivery.js';
import type { Driver } from './driver.js';
import { type Launch, SLICE } from './launch.js';
import type { LoopState, StepsLoop } from './loops.js';
import { offHeap } from './memory.js';

/** A graph of more launches takes long to record and uses much driver memory. */
const MAX_RECORDED_STEPS = 4096;
/** A graph that reads more bytes would make one call too long: reading these takes a device some tens of milliseconds. */
const MAX_RECORDED_BYTES = 16 * 2 ** 30;
/** CU_STREAM_CAPTURE_MODE_THREAD_LOCAL. */
const CAPTURE_THREAD_LOCAL = 1;

/** The number of steps in a plan's graph, chosen so that few steps of an epoch remain after its last replay. */
export function recordedSteps(plan: Plan): number {
  const { stepsPerEpoch, batch, work } = plan;
  const readable = Math.floor(MAX_RECORDED_BYTES / (batch * rowBytesOf(plan) * work));
  const most = Math.max(1, Math.min(MAX_RECORDED_STEPS, readable));
  return Math.floor(stepsPerEpoch / Math.ceil(stepsPerEpoch / most));
}

/**
 * `pin-replay`: the launches of `steps` steps, recorded once as a CUDA graph. Each launch reads its index from, and writes its
 * scalar to, its own position in device memory, so that a replay is one copy of a part of the order, one graph launch and one
 * wait. A call consists of one or more replays; the steps that remain are launched one by one. Steps cannot be told apart, so
 * single steps are not timed.
 */
export function replayLoop(
  { context, results, allocations }: LoopState,
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
  allocations.atEnd(() => driver.release('cuGraphDestroy', graph));
  const executable = driver.make('cuGraphInstantiateWithFlags', graph, 0);
  allocations.atEnd(() => driver.release('cuGraphExecDestroy', executable));
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
      // The caller may overwrite the order when the call returns, so its copy must have ended.
      const waited = call.cuStreamSynchronize(stream);
      driver.must('cuStreamSynchronize', waited);
      out.set(results.values.subarray(0, count), at - from);
    }
  };
}

/**
 * Records what `work` queues as a graph. The capture is ended even if that fails, because nothing can be freed during a capture.
 */
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
