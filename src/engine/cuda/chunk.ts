import type { Values } from '../../data/dataset.js';
import { indexesOf } from '../../plan/order.js';
import { rowBytesOf } from '../../plan/plan.js';
import { type Chunk, chunkAt, stagingOf } from '../chunk.js';
import { copyToDevice } from './delivery.js';
import { type Launch, SLICE } from './launch.js';
import type { LoopState, StepsLoop } from './loops.js';
import { SCALAR_BYTES } from './readback.js';

/** One of two lanes: host memory for a chunk, device memory for it, and the graph's launch on that. */
export interface ChunkLane {
  /** Page-locked memory as an array, and its address. */
  readonly values: Values;
  readonly host: number;
  /** Address of device memory. */
  readonly device: number;
  readonly launch: Launch;
}

/**
 * `feed-chunk`: two lanes and two streams. While the graph runs on the mini-batches of chunk c, chunk c + 1 is being copied, and
 * after each launch the host stages one mini-batch of chunk c + 2. Each call begins with a small chunk, because no other work
 * hides its copy, and ends with no copy in flight.
 */
export function chunkLoop(
  { context, plan, results, outSlot, allocations }: LoopState,
  source: Values,
  lanes: readonly [ChunkLane, ChunkLane],
  copies: number,
): StepsLoop {
  const { driver, stream } = context;
  const { call } = driver.library;
  const { cols } = plan;
  const rowBytes = rowBytesOf(plan);
  const perStep = plan.fetch === 'step';
  const [copied, read] = [
    [allocations.event(), allocations.event()],
    [allocations.event(), allocations.event()],
  ] as const;
  const stage = stagingOf(plan, source);
  const copy = ({ rows }: Chunk, c: number) => {
    const lane = c & 1;
    const { host, device, launch } = lanes[lane]!;
    // With `--fetch step` the host has already waited for the last step that read this memory.
    if (!perStep && c > 1) driver.must('cuStreamWaitEvent', call.cuStreamWaitEvent(copies, read[lane]!, 0));
    copyToDevice(driver, device, host, rows * rowBytes, copies);
    driver.must('cuEventRecord', call.cuEventRecord(copied[lane]!, copies));
    launch.setAddress(SLICE.total, rows * cols);
  };
  return (order, from, to, out, watch) => {
    const indexes = indexesOf(order);
    const after = (chunk: Chunk | undefined, index: number) =>
      chunk && chunkAt(plan, order, index, chunk.from + chunk.steps, to);
    const stageAll = (chunk: Chunk | undefined, c: number) => {
      while (chunk !== undefined && chunk.staged < chunk.steps) stage(chunk, indexes, lanes[c & 1]!.values);
    };
    watch?.start();
    let chunk = chunkAt(plan, order, 0, from, to);
    stageAll(chunk, 0);
    if (chunk !== undefined) copy(chunk, 0);
    let next = after(chunk, 1);
    stageAll(next, 1);
    for (let c = 0; chunk !== undefined; c++) {
      const lane = c & 1;
      const { launch, values } = lanes[lane]!;
      if (next !== undefined) copy(next, c + 1);
      driver.must('cuStreamWaitEvent', call.cuStreamWaitEvent(stream, copied[lane]!, 0));
      const third = after(next, c + 2);
      for (let k = 0; k < chunk.steps; k++) {
        const done = chunk.from + k - from;
        launch.set(SLICE.index, k);
        if (!perStep) launch.setAddress(outSlot, results.deviceAddress + done * SCALAR_BYTES);
        launch.run();
        if (perStep) results.fetch(1);
        if (third !== undefined) {
          // The host is about to overwrite the memory this chunk was copied from.
          if (k === 0) driver.must('cuEventSynchronize', call.cuEventSynchronize(copied[lane]!));
          if (third.staged < third.steps) stage(third, indexes, values);
        }
        if (perStep) {
          driver.must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
          out[done] = results.values[0]!;
        }
        watch?.lap();
      }
      stageAll(third, c + 2);
      if (!perStep) driver.must('cuEventRecord', call.cuEventRecord(read[lane]!, stream));
      chunk = next;
      next = third;
    }
    if (perStep) return;
    results.fetch(to - from);
    driver.must('cuStreamSynchronize', call.cuStreamSynchronize(stream));
    out.set(results.values.subarray(0, to - from));
  };
}
