import type { Dataset } from '../../data/dataset.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { formatBytes } from '../../units.js';
import type { Condition, Device, DeviceInfo, Link, Session, Support } from '../engine.js';
import { deviceIsLost, StrategyUnavailable } from '../engine.js';
import type { Context } from './context.js';
import { CudaError, orCannotBeSetUp } from './cuda-error.js';
import { DatasetMemory } from './dataset-memory.js';
import { copyToDevice } from './delivery.js';
import { allocateOnDevice, allocatePageLocked, type Memory } from './memory.js';
import type { NvmlDevice } from './nvml.js';
import { OwnCost } from './own-cost.js';
import { CudaSession } from './session.js';

/** Copies that keep the link at full speed while its state is read: a few milliseconds even on the fastest link. */
const LINK_COPIES = 8;
const LINK_COPY_BYTES = 32 * 2 ** 20;

/** A CUDA device with an open context. */
export class CudaDevice implements Device {
  readonly info: DeviceInfo;
  readonly clocksCopies = true;
  readonly #context: Context;
  readonly #datasetMemory: DatasetMemory;
  readonly #nvml: NvmlDevice | undefined;
  readonly #ownCost: OwnCost;

  constructor(context: Context, info: DeviceInfo, nvml?: NvmlDevice) {
    this.#context = context;
    this.#nvml = nvml;
    this.#datasetMemory = new DatasetMemory(context);
    this.#ownCost = new OwnCost(context.driver.library);
    this.info = info;
  }

  freeBytes(): number {
    this.#context.enter();
    return this.#context.driver.memory().freeBytes;
  }

  /** Compares the dataset with free device memory if the strategy keeps it there; the reason states required and free memory. */
  supports(strategy: Strategy, plan: Plan): Support {
    if (strategy.loop === 'replay' && plan.sampling === 'gather') {
      return {
        reason: 'a recorded CUDA graph cannot gather different rows in each epoch: use --sampling slice',
      };
    }
    if (!strategy.resident) return 'yes';
    const needed = this.#datasetMemory.lacking(plan.rows * rowBytesOf(plan));
    const freeBytes = this.freeBytes();
    if (needed <= freeBytes) return 'yes';
    return { reason: doesNotFit(needed, freeBytes) };
  }

  floor(): Session {
    const context = this.#context;
    const { driver, stream } = context;
    context.enter();
    const { empty } = context.kernels('float32');
    const { cuLaunchKernel, cuStreamSynchronize } = driver.library.call;
    return {
      async setup() {},
      steps(_, from, to, out) {
        context.enter();
        for (let step = from; step < to; step++) {
          const launched = cuLaunchKernel(empty, 1, 1, 1, 1, 1, 1, 0, stream, 0, 0);
          driver.must('cuLaunchKernel', launched);
          const waited = cuStreamSynchronize(stream);
          driver.must('cuStreamSynchronize', waited);
          out[step - from] = 0;
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  callsNsPerStep(strategy: Strategy, plan: Plan): number {
    return this.#ownCost.perStepNs(strategy, plan);
  }

  condition(): Condition | undefined {
    return this.#nvml?.condition();
  }

  /**
   * The PCIe link's state, read during copies because an idle link drops to a low generation. `undefined` if the copies fail or
   * the link is not PCIe.
   */
  link(): Link | undefined {
    if (this.#nvml === undefined || this.info.coherentLink === true) return undefined;
    const { driver, stream } = this.#context;
    const memory: Memory[] = [];
    try {
      this.#context.enter();
      const from = allocatePageLocked(driver, LINK_COPY_BYTES, 'a copy');
      memory.push(from);
      const to = allocateOnDevice(driver, LINK_COPY_BYTES, 'a copy');
      memory.push(to);
      for (let copy = 0; copy < LINK_COPIES; copy++) {
        copyToDevice(driver, to.address, from.address, LINK_COPY_BYTES, stream);
      }
      const link = this.#nvml.link();
      driver.do('cuStreamSynchronize', stream);
      return link;
    } catch (error) {
      if (deviceIsLost(error)) throw error;
      return undefined;
    } finally {
      for (const piece of memory.reverse()) piece.free();
    }
  }

  async prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session> {
    const needed = strategy.resident ? this.#datasetMemory.lacking(plan.rows * rowBytesOf(plan)) : 0;
    let freeBytes = 0;
    try {
      freeBytes = this.freeBytes();
      return new CudaSession(this.#context, this.#datasetMemory, dataset, plan, strategy);
    } catch (error) {
      if (needed === 0 || !isShortOfDeviceMemory(error)) throw orCannotBeSetUp(error);
      // A step needs little memory: if even that cannot be allocated, the dataset is too large.
      const reason = `${doesNotFit(needed, freeBytes)}: ${error.message}`;
      throw new StrategyUnavailable(reason, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#context.enterToRelease();
    this.#datasetMemory.free();
    this.#context.close();
    this.#nvml?.close();
  }
}

function doesNotFit(bytes: number, freeBytes: number): string {
  return `the dataset, ${formatBytes(bytes)}, does not fit in the ${formatBytes(freeBytes)} free on the device`;
}

function isShortOfDeviceMemory(error: unknown): error is StrategyUnavailable {
  const { cause } = error instanceof StrategyUnavailable ? error : {};
  return cause instanceof CudaError && cause.call === 'cuMemAlloc_v2';
}
