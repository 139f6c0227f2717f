import type { RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../../data/dataset.js';
import type { Order } from '../../plan/order.js';
import type { Plan } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { Phases, Session } from '../engine.js';
import { StepWatch } from '../step-watch.js';
import { chunkLaneOf, deliveryOf, launchesOf, type Parts } from './assembly.js';
import { Belongings } from './belongings.js';
import { orCannotBeSetUp, orUnavailable } from './check.js';
import { chunkLoop } from './chunk.js';
import type { Context } from './context.js';
import { INDEX_BYTES } from './delivery.js';
import { GATHER, SLICE } from './launch.js';
import { aheadLoop, phasesOf, type Room, replayLoop, type StepsLoop, stepLoop } from './loops.js';
import { allocateOnDevice, type Memory } from './memory.js';
import type { Resources } from './resources.js';
import { Results } from './results.js';

/** With `--fetch epoch` a call of `steps` covers at most so many: their scalars wait in memory for its end. */
const MOST_WAITING_SCALARS = 2 ** 20;

/**
 * One strategy on a CUDA device. Everything it needs is allocated when it is made, and given back where that fails half way;
 * `setup` uploads, and a step allocates nothing.
 */
export class CudaSession implements Session {
  readonly stepMultiple?: number;
  readonly maxSteps?: number;
  /** Only where the parts of a step follow each other on one stream. */
  readonly phases?: (order: Order, from: number, to: number) => Phases;
  readonly #context: Context;
  readonly #resources: Resources;
  readonly #dataset: Dataset;
  readonly #belongings: Belongings;
  #resident: Memory | undefined;
  #loop: StepsLoop | undefined;

  constructor(context: Context, resources: Resources, dataset: Dataset, plan: Plan, strategy: Strategy) {
    const { driver, stream } = context;
    const { fetch, stepsPerEpoch, readback, sampling } = plan;
    const belongings = new Belongings(context);
    this.#context = context;
    this.#resources = resources;
    this.#dataset = dataset;
    this.#belongings = belongings;
    if (fetch === 'epoch') this.maxSteps = Math.min(stepsPerEpoch, MOST_WAITING_SCALARS);
    if (strategy.replay) this.stepMultiple = stepsPerEpoch;
    try {
      const kernels = context.kernels(dataset.dtype);
      const resident = strategy.resident ? belongings.keep(resources.resident(dataset)) : undefined;
      const scalars = this.stepMultiple ?? this.maxSteps ?? 1;
      const results = belongings.keep(new Results(driver, stream, scalars, readback));
      const parts = { context, kernels, resources, belongings, dataset, plan, strategy, results, resident };
      const room: Room = {
        ...{ context, plan, results, belongings },
        outSlot: sampling === 'gather' ? GATHER.out : SLICE.out,
      };
      if (strategy.replay) this.#loop = replayOf(parts, room);
      else if (strategy.chunk) this.#loop = chunkedOf(parts, room);
      else if (strategy.overlap) this.#loop = aheadOf(parts, room);
      else {
        const deliver = deliveryOf(parts, stream);
        this.#loop = stepLoop(room, deliver);
        this.phases = (order, from, to) => {
          this.#mustCover(order, from, to);
          context.enter();
          return withinMemory(() => phasesOf(room, deliver, order, from, to));
        };
      }
      // What was cleared for the launches is clear before anything is timed.
      driver.do('cuStreamSynchronize', stream);
      this.#resident = resident;
    } catch (error) {
      belongings.release();
      throw orCannotBeSetUp(error);
    }
  }

  async setup(): Promise<void> {
    const resident = this.#resident;
    if (resident === undefined) return;
    try {
      this.#context.enter();
      this.#resources.upload(this.#dataset, resident);
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
    const lost = this.#belongings.release();
    if (lost !== undefined) throw lost;
  }

  /** The device would read and write beyond its memory otherwise. */
  #mustCover(order: Order, from: number, to: number): void {
    const { stepMultiple = 1, maxSteps = Number.POSITIVE_INFINITY } = this;
    const steps = to - from;
    if (from < 0 || steps < 0 || to > order.steps) {
      throw new Error(`steps ${from} to ${to} are not in an order of ${order.steps}`);
    }
    if (steps > maxSteps)
      throw new Error(`${steps} steps in one call are more than the ${maxSteps} it has room for`);
    if (steps % stepMultiple !== 0) {
      throw new Error(
        `${steps} steps in one call are no multiple of the ${stepMultiple} that its graph holds`,
      );
    }
  }
}

function replayOf(parts: Parts, room: Room): StepsLoop {
  const { context, belongings, plan, resident } = parts;
  const { stepsPerEpoch } = plan;
  const order = belongings.keep(
    allocateOnDevice(context.driver, stepsPerEpoch * INDEX_BYTES, 'the order'),
  ).address;
  const { whole } = launchesOf(parts, resident!.address, { whole: true, order });
  return replayLoop(room, whole, order, stepsPerEpoch);
}

function aheadOf(parts: Parts, room: Room): StepsLoop {
  const copies = parts.belongings.stream();
  return aheadLoop(room, [deliveryOf(parts, copies), deliveryOf(parts, copies)], copies);
}

function chunkedOf(parts: Parts, room: Room): StepsLoop {
  const copies = parts.belongings.stream();
  return chunkLoop(room, parts.dataset.values, [chunkLaneOf(parts), chunkLaneOf(parts)], copies);
}

function withinMemory<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw orUnavailable(error);
  }
}
