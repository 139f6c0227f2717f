import type { RecordableHistogram } from 'node:perf_hooks';
import { allocate, type Dataset, ELEMENT_BYTES } from '../../data/dataset.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { Phases, Session } from '../engine.js';
import { StepWatch } from '../step-watch.js';
import { blocksFor, type Context, type Kernels, NON_BLOCKING } from './context.js';
import {
  type Delivery,
  feedGathered,
  feedSlice,
  gatherOnDevice,
  type Launches,
  type Route,
  type Sizes,
  type Staging,
  sliceOnDevice,
  sliceOverLink,
} from './delivery.js';
import { GATHER, LAUNCH_BYTES, Launch, SLICE } from './launch.js';
import { aheadLoop, type EpochLoop, phasesOf, type Room, replayLoop, stepLoop } from './loops.js';
import { allocateOnDevice, allocatePageLocked, type Memory } from './memory.js';
import { offHeap, type Resources } from './resources.js';
import { Results } from './results.js';

/** CU_EVENT_DISABLE_TIMING. */
const NO_TIMING = 2;
/** Bytes of the kernel's State before its partial sums, and of one of them. */
const STATE_BYTES = 16;
const PARTIAL_BYTES = 8;

/** One strategy on a CUDA device. Everything a step needs is made in `setup`; a step allocates nothing. */
export class CudaSession implements Session {
  readonly #context: Context;
  readonly #resources: Resources;
  readonly #dataset: Dataset;
  readonly #plan: Plan;
  readonly #strategy: Strategy;
  readonly #kernels: Kernels;
  readonly #frees: (() => void)[] = [];
  #loop: EpochLoop | undefined;
  /** Only where the parts of a step follow each other on one stream. */
  phases?: (order: Int32Array) => Phases;

  constructor(context: Context, resources: Resources, dataset: Dataset, plan: Plan, strategy: Strategy) {
    this.#context = context;
    this.#resources = resources;
    this.#dataset = dataset;
    this.#plan = plan;
    this.#strategy = strategy;
    // Compiled before setup is timed: both strategies run the same kernels.
    this.#kernels = context.kernels(dataset.dtype);
  }

  async setup(): Promise<void> {
    const { driver, stream } = this.#context;
    const { fetch, stepsPerEpoch, readback } = this.#plan;
    const { replay, overlap } = this.#strategy;
    const perEpoch = fetch === 'epoch' || replay;
    const results = this.#keep(new Results(driver, stream, perEpoch ? stepsPerEpoch : 1, readback));
    const room: Room = {
      context: this.#context,
      plan: this.#plan,
      results,
      outSlot: this.#outSlot,
      atEnd: (release) => this.#frees.push(release),
    };
    if (replay) {
      const order = this.#keep(allocateOnDevice(driver, stepsPerEpoch * 4, 'the order'));
      const data = this.#resources.upload(this.#dataset).address;
      const { whole } = this.#launches(data, results, { order: order.address, resident: true });
      this.#loop = replayLoop(room, whole, order.address);
    } else if (overlap) {
      const copies = driver.make('cuStreamCreate', NON_BLOCKING);
      this.#frees.push(() => driver.release('cuStreamDestroy_v2', copies));
      const lanes = [0, 1].map(() => this.#delivery(results, copies)) as [Delivery, Delivery];
      this.#loop = aheadLoop(room, lanes, copies);
    } else {
      const deliver = this.#delivery(results, stream);
      this.#loop = stepLoop(room, deliver);
      this.phases = (order) => phasesOf(room, deliver, order);
    }
  }

  epoch(order: Int32Array, out: Float64Array, stepNs?: RecordableHistogram): void {
    this.#loop!(order, out, stepNs && new StepWatch(stepNs));
  }

  h2dBytes(): number {
    return this.#context.driver.h2dBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#loop = undefined;
    for (const free of this.#frees.splice(0).reverse()) free();
  }

  get #outSlot(): number {
    return this.#plan.sampling === 'gather' ? GATHER.out : SLICE.out;
  }

  /** What the strategy says of the data's way, made into what a step does. */
  #delivery(results: Results, copies: number): Delivery {
    const { driver } = this.#context;
    const { sampling, batch, cols } = this.#plan;
    const { resident, hostMemory, mapped } = this.#strategy;
    const sizes = sizesOf(this.#plan);
    if (resident || mapped) {
      const data = resident
        ? this.#resources.upload(this.#dataset).address
        : this.#resources.pageLock(this.#dataset).deviceAddress;
      if (sampling === 'slice') {
        const launches = this.#launches(data, results, { resident: true });
        return mapped ? sliceOverLink(driver, launches, sizes) : sliceOnDevice(launches);
      }
      const device = this.#keep(allocateOnDevice(driver, batch * 4, 'the row indexes'));
      const list = new Int32Array(batch);
      const route: Route = {
        from: driver.library.address(offHeap(list)),
        to: device.address,
        stream: copies,
      };
      const launches = this.#launches(data, results, { resident: true, list: device.address });
      return gatherOnDevice(driver, launches, batch, list, route, mapped ? rowBytesOf(this.#plan) : 0);
    }
    const buffer = this.#keep(allocateOnDevice(driver, sizes.batchBytes, 'a mini-batch'));
    const launches = this.#launches(buffer.address, results, { resident: false });
    if (sampling === 'gather') {
      const staging = this.#staging(batch * cols, hostMemory, copies);
      const route = { to: buffer.address, stream: copies };
      return feedGathered(driver, launches, this.#plan, sizes, this.#dataset.values, staging, route);
    }
    const from =
      hostMemory === 'pageable'
        ? this.#resources.pageable(this.#dataset)
        : this.#resources.pageLock(this.#dataset).address;
    return feedSlice(driver, launches, sizes, { from, to: buffer.address, stream: copies });
  }

  /** Where the host gathers a mini-batch before it is copied. The driver has read pageable memory when a copy is queued, page-locked memory only when the copy ran. */
  #staging(elements: number, hostMemory: Strategy['hostMemory'], copies: number): Staging {
    const { driver } = this.#context;
    const { dtype } = this.#dataset;
    if (hostMemory === 'pageable') {
      const values = allocate(dtype, elements);
      return { values, address: driver.library.address(offHeap(values)), wait: nothing, queued: nothing };
    }
    const bytes = elements * ELEMENT_BYTES[dtype];
    const memory = this.#keep(allocatePageLocked(driver, bytes, 'a mini-batch'));
    const view = driver.library.view(memory.address, bytes);
    const ArrayType = allocate(dtype, 0).constructor as new (buffer: ArrayBuffer) => Dataset['values'];
    const copied = driver.make('cuEventCreate', NO_TIMING);
    this.#frees.push(() => driver.release('cuEventDestroy_v2', copied));
    return {
      values: new ArrayType(view),
      address: memory.address,
      wait: () => driver.do('cuEventSynchronize', copied),
      queued: () => driver.do('cuEventRecord', copied, copies),
    };
  }

  /** The graph's launches on data at an address: the whole dataset, or a mini-batch that was copied there. */
  #launches(
    data: number,
    results: Results,
    { resident, order = 0, list }: { resident: boolean; order?: number; list?: number },
  ): Launches {
    const { driver, stream } = this.#context;
    const { batch, cols, rows, rowsPerEpoch, stepsPerEpoch, work } = this.#plan;
    const page = this.#keep(allocatePageLocked(driver, 2 * LAUNCH_BYTES, 'the parameters of launches'));
    const memory = driver.library.view(page.address, page.bytes);
    const perBatch = batch * cols;
    const blocks = blocksFor(perBatch, this.#dataset.dtype, this.#kernels.mostBlocks);
    const state = this.#state(blocks);
    const out = results.deviceAddress;
    const short = (rowsPerEpoch % batch || batch) * cols;
    const launch = (offset: number, elements: number) => {
      const parameters =
        list !== undefined
          ? [data, rows, cols, out, state.address, list, elements / cols, work, 0]
          : [
              data,
              resident ? rowsPerEpoch * cols : elements,
              perBatch,
              out,
              state.address,
              order,
              0,
              order && stepsPerEpoch,
              work,
              0,
            ];
      const kernel = list === undefined ? this.#kernels.slice : this.#kernels.gather;
      return new Launch(driver, page, memory, offset, kernel, blocks, stream, parameters);
    };
    return { whole: launch(0, perBatch), short: launch(LAUNCH_BYTES, short) };
  }

  /** Cleared on the stream of the graph: what the null stream does, a stream that does not block does not wait for. */
  #state(blocks: number): Memory {
    const { driver, stream } = this.#context;
    const bytes = STATE_BYTES + blocks * PARTIAL_BYTES;
    const state = this.#keep(allocateOnDevice(driver, bytes, 'partial sums'));
    driver.do('cuMemsetD8Async', state.address, 0, bytes, stream);
    return state;
  }

  #keep<T extends { free(): void }>(thing: T): T {
    this.#frees.push(() => thing.free());
    return thing;
  }
}

function sizesOf(plan: Plan): Sizes {
  const rowBytes = rowBytesOf(plan);
  const shortRows = plan.rowsPerEpoch % plan.batch;
  return {
    batchBytes: plan.batch * rowBytes,
    shortBytes: shortRows * rowBytes,
    shortIndex: shortRows === 0 ? -1 : plan.stepsPerEpoch - 1,
  };
}

function nothing(): void {}
