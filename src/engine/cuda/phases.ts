import { indexesOf, type Order } from '../../plan/order.js';
import type { Phases, Unmeasured } from '../engine.js';
import type { Kernels } from './context.js';
import type { Delivery } from './delivery.js';
import { Gate } from './gate.js';
import type { LoopState } from './loops.js';

/** CU_EVENT_DEFAULT. */
const WITH_TIMING = 0;

/**
 * Times the parts of each step with device events. A gate holds the device until the whole step is queued, so that the time
 * between two events does not include delays of the host between calls. The host waits after every step, whatever `--fetch` is.
 */
export function phasesOf(
  { context, results, outSlot }: LoopState,
  kernels: Kernels,
  deliver: Delivery,
  order: Order,
  from: number,
  to: number,
): Phases | Unmeasured {
  const { driver, stream } = context;
  const indexes = indexesOf(order);
  const marks: number[] = [];
  const box = new Float32Array(1);
  const sums = [0, 0, 0];
  let gate: Gate | undefined;
  try {
    gate = new Gate(context, kernels);
    while (marks.length < 4) marks.push(driver.make('cuEventCreate', WITH_TIMING));
    for (let step = from; step < to; step++) {
      gate.close();
      driver.do('cuEventRecord', marks[0]!, stream);
      const launch = deliver(indexes, step);
      launch.setAddress(outSlot, results.deviceAddress);
      driver.do('cuEventRecord', marks[1]!, stream);
      launch.run();
      driver.do('cuEventRecord', marks[2]!, stream);
      results.fetch(1);
      driver.do('cuEventRecord', marks[3]!, stream);
      gate.open();
      driver.do('cuStreamSynchronize', stream);
      if (gate.gaveUp) return { reason: 'the device started a step before all its work was queued' };
      for (let part = 0; part < sums.length; part++) {
        driver.do('cuEventElapsedTime', box, marks[part]!, marks[part + 1]!);
        sums[part] = sums[part]! + box[0]! * 1e6;
      }
    }
  } finally {
    gate?.free();
    for (const mark of marks) driver.release('cuEventDestroy_v2', mark);
  }
  const steps = to - from;
  return { copy: sums[0]! / steps, graph: sums[1]! / steps, fetch: sums[2]! / steps };
}
