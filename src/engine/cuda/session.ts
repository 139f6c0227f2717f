import type { RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../../data/dataset.js';
import type { Order } from '../../plan/order.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { LoopName } from '../../tables/strategies.js';
import { formatBytes } from '../../units.js';
import type { Phases, Session, Unmeasured } from '../engine.js';
import { StepWatch } from '../step-watch.js';
import { Allocations } from './allocations.js';
import { chunkLaneOf, deliveryOf, launchesOf, type Parts } from './assembly.js';
import { chunkLoop } from './chunk.js';
import type { Context } from './context.js';
import { orCannotBeSetUp, orUnavailable } from './cuda-error.js';
import type { DatasetMemory } from './dataset-memory.js';
import { type Delivery, INDEX_BYTES } from './delivery.js';
import { mostBlocks } from './grid.js';
import { GATHER, SLICE } from './launch.js';
import { aheadLoop, type LoopState, type StepsLoop, stepLoop } from './loops.js';
import { allocateOnDevice, type Memory } from './memory.js';
import { phasesOf } from './phases.js';
import { Readback } from './readback.js';
import { recordedSteps, replayLoop } from './replay.js';
import { PUSHED_BYTES } from './staging.js';

/** With `--fetch epoch`, the most steps in one call of `steps`: their scalars stay in memory until its end. */
const MAX_WAITING_SCALARS = 2 ** 20;

/**
 * One strategy on a CUDA device. The constructor allocates everything and frees it again if it fails half way; `setup` uploads; a
 * step allocates nothing.
 */
export class CudaSession implements Session {
  readonly stepMultiple?: number;
  readonly maxSteps?: number;
  /** Present only if the parts of a step run one after another on one stream. */
  readonly phases?: (order: Order, from: number, to: number) => Phases | Unmeasured;
  readonly #context: Context;
  readonly #datasetMemory: DatasetMemory;
  readonly #dataset: Dataset;
  readonly #allocations: Allocations;
  #resident: Memory | undefined;
  #loop: StepsLoop | undefined;

  /** A launch has at most `blocksPerMultiprocessor` blocks per multiprocessor; by default, as many as fill the device. */
  constructor(
    context: Context,
    datasetMemory: DatasetMemory,
    dataset: Dataset,
    plan: Plan,
    strategy: Strategy,
    blocksPerMultiprocessor?: number,
  ) {
    const { driver, stream } = context;
    const { fetch, stepsPerEpoch, readback, sampling } = plan;
    const allocations = new Allocations(context);
    this.#context = context;
    this.#datasetMemory = datasetMemory;
    this.#dataset = dataset;
    this.#allocations = allocations;
    if (fetch === 'epoch') this.maxSteps = Math.min(stepsPerEpoch, MAX_WAITING_SCALARS);
    if (strategy.loop === 'replay') this.stepMultiple = recordedSteps(plan);
    try {
      const kernels = context.kernels(dataset.dtype);
      const resident = strategy.resident ? allocations.keep(datasetMemory.resident(dataset)) : undefined;
      const scalars = this.stepMultiple ?? this.maxSteps ?? 1;
      const results = allocations.keep(new Readback(driver, stream, scalars, readback));
      const parts: Parts = {
        ...{ context, kernels, datasetMemory, allocations, dataset, plan, strategy, results, resident },
        mostBlocks: mostBlocks(kernels, blocksPerMultiprocessor),
      };
      const state: LoopState = {
        ...{ context, plan, results, allocations },
        outSlot: sampling === 'gather' ? GATHER.out : SLICE.out,
      };
      const { run, deliver } = LOOPS[strategy.loop](parts, state);
      this.#loop = run;
      if (deliver !== undefined) {
        const unmeasured = whyNoPhases(parts);
        this.phases = (order, from, to) => {
          this.#mustCover(order, from, to);
          context.enter();
          return unmeasured ?? withinMemory(() => phasesOf(state, kernels, deliver, order, from, to));
        };
      }
      // Wait until the launches' state is cleared, so that this is not timed.
      driver.do('cuStreamSynchronize', stream);
      this.#resident = resident;
    } catch (error) {
      allocations.release();
      throw orCannotBeSetUp(error);
    }
  }

  async setup(): Promise<void> {
    const resident = this.#resident;
    if (resident === undefined) return;
    try {
      this.#context.enter();
      this.#datasetMemory.upload(this.#dataset, resident);
    } catch (error) {
      throw orCannotBeSetUp(error);
    }
  }

  steps(order: Order, from: number, to: number, out: Float64Array, stepNs?: RecordableHistogram): void {
    this.#mustCover(order, from, to);
    if (from === to) return;
    try {
      this.#context.enter();
      this.#loop!(order, from, to, out, stepNs && new StepWatch(stepNs));
    } catch (error) {
      throw orUnavailable(error);
    }
  }

  h2dBytes(): number {
    return this.#context.driver.h2dBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#loop = undefined;
    this.#resident = undefined;
    const lost = this.#allocations.release();
    if (lost !== undefined) throw lost;
  }

  /** Throws unless the steps are in the order and fit in one call: the device would otherwise access memory out of bounds. */
  #mustCover(order: Order, from: number, to: number): void {
    const { maxSteps = Number.POSITIVE_INFINITY } = this;
    const steps = to - from;
    if (from < 0 || steps < 0 || to > order.steps) {
      throw new Error(`steps ${from} to ${to} are not in an order of ${order.steps} steps`);
    }
    if (steps > maxSteps) throw new Error(`${steps} steps in one call exceed the limit of ${maxSteps}`);
  }
}

/** A loop. `deliver` is present only if the parts of a step run one after another on one stream. */
interface Loop {
  readonly run: StepsLoop;
  readonly deliver?: Delivery;
}

/** How each loop is made. */
const LOOPS: Readonly<Record<LoopName, (parts: Parts, state: LoopState) => Loop>> = {
  step: (parts, state) => {
    const deliver = deliveryOf(parts, parts.context.stream);
    return { run: stepLoop(state, deliver), deliver };
  },
  ahead: (parts, state) => ({ run: aheadOf(parts, state) }),
  chunk: (parts, state) => ({ run: chunkedOf(parts, state) }),
  replay: (parts, state) => ({ run: replayOf(parts, state) }),
};

function replayOf(parts: Parts, state: LoopState): StepsLoop {
  const { context, allocations, resident, plan } = parts;
  const steps = recordedSteps(plan);
  const order = allocations.keep(allocateOnDevice(context.driver, steps * INDEX_BYTES, 'the order')).address;
  const { whole } = launchesOf(parts, resident!.address, { whole: true, order });
  return replayLoop(state, whole, order, steps);
}

/**
 * Why the parts of a step cannot be timed. A copy that waits for earlier work would wait for the gate, which is opened only after
 * it.
 */
function whyNoPhases({ plan, strategy }: Parts): Unmeasured | undefined {
  const { resident, mapped, hostMemory } = strategy;
  const bytes = plan.batch * rowBytesOf(plan);
  if (resident || mapped || hostMemory === 'page-locked' || bytes <= PUSHED_BYTES) return undefined;
  return {
    reason: `copies of over ${formatBytes(PUSHED_BYTES)} from pageable memory wait for previously queued work`,
  };
}

function aheadOf(parts: Parts, state: LoopState): StepsLoop {
  const copies = parts.allocations.stream();
  return aheadLoop(state, [deliveryOf(parts, copies), deliveryOf(parts, copies)], copies);
}

function chunkedOf(parts: Parts, state: LoopState): StepsLoop {
  const copies = parts.allocations.stream();
  return chunkLoop(state, parts.dataset.values, [chunkLaneOf(parts), chunkLaneOf(parts)], copies);
}

function withinMemory<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw orUnavailable(error);
  }
}
