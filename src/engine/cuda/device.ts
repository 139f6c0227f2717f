import type { Dataset } from '../../data/dataset.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { formatBytes } from '../../units.js';
import type { Device, DeviceInfo, Session, Support } from '../engine.js';
import type { Context } from './context.js';
import { Resources } from './resources.js';
import { CudaSession } from './session.js';

/** A graph of more launches than this takes longer to record than to run, and the driver's memory for it. */
const MOST_REPLAYED_STEPS = 100_000;

/** A CUDA device with its context open. */
export class CudaDevice implements Device {
  readonly info: DeviceInfo;
  readonly clocksCopies = true;
  readonly #context: Context;
  readonly #resources: Resources;

  constructor(context: Context, info: DeviceInfo) {
    this.#context = context;
    this.#resources = new Resources(context);
    this.info = info;
  }

  /** Asks for free memory before a strategy that needs it: what does not fit is said with both numbers. */
  supports(strategy: Strategy, plan: Plan): Support {
    if (strategy.replay && plan.sampling === 'gather') {
      return { reason: 'a recorded epoch cannot draw its rows anew' };
    }
    if (strategy.replay && plan.stepsPerEpoch > MOST_REPLAYED_STEPS) {
      return {
        reason: `${plan.stepsPerEpoch} steps an epoch are more than the ${MOST_REPLAYED_STEPS} that are recorded`,
      };
    }
    if (!strategy.resident) return 'yes';
    const needed = this.#resources.lacking(plan.rows * rowBytesOf(plan));
    const { freeBytes } = this.#context.driver.memory();
    if (needed <= freeBytes) return 'yes';
    return {
      reason: `the dataset, ${formatBytes(needed)}, does not fit in the ${formatBytes(freeBytes)} free on the device`,
    };
  }

  floor(): Session {
    const { driver, stream } = this.#context;
    const { empty } = this.#context.kernels('float32');
    const { cuLaunchKernel, cuStreamSynchronize } = driver.library.call;
    return {
      async setup() {},
      epoch(order, out) {
        for (let step = 0; step < order.length; step++) {
          const launched = cuLaunchKernel(empty, 1, 1, 1, 1, 1, 1, 0, stream, 0, 0);
          if (launched !== 0) throw driver.error('cuLaunchKernel', launched);
          const waited = cuStreamSynchronize(stream);
          if (waited !== 0) throw driver.error('cuStreamSynchronize', waited);
          out[step] = 0;
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  async prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session> {
    return new CudaSession(this.#context, this.#resources, dataset, plan, strategy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#resources.free();
    this.#context.close();
  }
}
