import type { Dataset, Values } from '../../data/dataset.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { Allocations } from './allocations.js';
import type { ChunkLane } from './chunk.js';
import type { Context, Kernels } from './context.js';
import type { DatasetMemory } from './dataset-memory.js';
import {
  type Delivery,
  feedGathered,
  feedSlice,
  gatherOnDevice,
  INDEX_BYTES,
  type Launches,
  type Route,
  type Sizes,
  sliceOnDevice,
  sliceOverLink,
} from './delivery.js';
import { blocksForRows, blocksForSlice, teamBitsFor } from './grid.js';
import { LAUNCH_BYTES, Launch } from './launch.js';
import { allocateOnDevice, allocatePageLocked, type Memory } from './memory.js';
import type { Readback } from './readback.js';
import { PUSHED_BYTES, pageLockedSlot, Staging, type StagingUse } from './staging.js';

/** Bytes of the kernel's `State` before its partial sums, and bytes of one partial sum. */
const STATE_BYTES = 16;
const PARTIAL_BYTES = 8;

/** What the steps of a session are built from. */
export interface Parts {
  readonly context: Context;
  readonly kernels: Kernels;
  /** The most blocks of a launch. */
  readonly mostBlocks: number;
  readonly datasetMemory: DatasetMemory;
  readonly allocations: Allocations;
  readonly dataset: Dataset;
  readonly plan: Plan;
  readonly strategy: Strategy;
  readonly results: Readback;
  /** The dataset in device memory, if the strategy keeps it there. */
  readonly resident: Memory | undefined;
}

/** Builds the delivery of mini-batches that a strategy describes. Copies are queued on the stream `copies`. */
export function deliveryOf(parts: Parts, copies: number): Delivery {
  const { plan, strategy, resident } = parts;
  if (resident !== undefined || strategy.mapped) return deliveryInPlace(parts, copies);
  return plan.sampling === 'gather' ? gatheredDelivery(parts, copies) : slicedDelivery(parts, copies);
}

/** The graph reads the dataset in place: from device memory, or over the link. */
function deliveryInPlace(parts: Parts, copies: number): Delivery {
  const { context, datasetMemory, allocations, dataset, plan, strategy, resident } = parts;
  const { driver } = context;
  const { mapped } = strategy;
  const data = resident?.address ?? allocations.keep(datasetMemory.pageLocked(dataset)).deviceAddress;
  if (plan.sampling === 'slice') {
    const launches = launchesOf(parts, data, { whole: true });
    return mapped ? sliceOverLink(driver, launches, sizesOf(plan)) : sliceOnDevice(launches);
  }
  const listBytes = plan.batch * INDEX_BYTES;
  const device = allocations.keep(allocateOnDevice(driver, listBytes, 'the row indexes'));
  // A short pageable list is copied into the command buffer; a long one would wait for all previously queued work.
  const hostMemory = listBytes <= PUSHED_BYTES ? 'pageable' : 'page-locked';
  const list = { what: 'the row indexes', dtype: 'int32', elements: plan.batch, hostMemory } as const;
  const staging = stagingOf<Int32Array<ArrayBuffer>>(parts, copies, list);
  const route = { to: device.address, stream: copies };
  const launches = launchesOf(parts, data, { whole: true, list: device.address });
  return gatherOnDevice(driver, launches, plan.batch, staging, route, mapped ? rowBytesOf(plan) : 0);
}

/** Each mini-batch is copied from the dataset. */
function slicedDelivery(parts: Parts, copies: number): Delivery {
  const { context, datasetMemory, allocations, dataset, plan, strategy } = parts;
  const { driver } = context;
  const sizes = sizesOf(plan);
  const buffer = allocations.keep(allocateOnDevice(driver, sizes.batchBytes, 'a mini-batch'));
  const launches = launchesOf(parts, buffer.address, { whole: false });
  const pageable = strategy.hostMemory === 'pageable';
  const source = allocations.keep(
    pageable ? datasetMemory.pageable(dataset) : datasetMemory.pageLocked(dataset),
  );
  const route: Route = { from: source.address, to: buffer.address, stream: copies };
  return feedSlice(driver, launches, sizes, route);
}

/** The host gathers the rows of each mini-batch, then copies them. */
function gatheredDelivery(parts: Parts, copies: number): Delivery {
  const { context, allocations, dataset, plan, strategy } = parts;
  const { driver } = context;
  const sizes = sizesOf(plan);
  const buffer = allocations.keep(allocateOnDevice(driver, sizes.batchBytes, 'a mini-batch'));
  const launches = launchesOf(parts, buffer.address, { whole: false });
  const route = { to: buffer.address, stream: copies };
  const { dtype } = dataset;
  const { hostMemory } = strategy;
  const elements = plan.batch * plan.cols;
  const staging = stagingOf(parts, copies, { what: 'a mini-batch', dtype, elements, hostMemory });
  return feedGathered(driver, launches, plan, sizes, dataset.values, staging, route);
}

/** One of the two lanes of `feed-chunk`. */
export function chunkLaneOf(parts: Parts): ChunkLane {
  const { context, allocations, dataset, plan } = parts;
  const { driver } = context;
  const elements = plan.chunk * plan.batch * plan.cols;
  const { values, address: host } = pageLockedSlot(driver, allocations, {
    ...{ what: 'a chunk', dtype: dataset.dtype, elements },
  });
  const device = allocations.keep(
    allocateOnDevice(driver, plan.chunk * plan.batch * rowBytesOf(plan), 'a chunk'),
  );
  const { whole } = launchesOf(parts, device.address, { whole: true });
  return { values, host, device: device.address, launch: whole };
}

/**
 * The memory where the host writes the data of each copy. With `--fetch step` the host waits for each step; overlapping copies
 * alternate between two.
 */
function stagingOf<T extends Values>(
  { context, allocations, plan, strategy }: Parts,
  stream: number,
  held: Pick<StagingUse, 'what' | 'dtype' | 'elements' | 'hostMemory'>,
): Staging<T> {
  const waits = { waited: plan.fetch === 'step', alternates: strategy.loop === 'ahead' };
  return new Staging(context.driver, allocations, { ...held, ...waits, stream });
}

/** What is stored at an address, and how the graph finds its mini-batch there. */
interface Addressed {
  /** True for the whole dataset, false for a single copied mini-batch. */
  readonly whole: boolean;
  /** Address of the order, if each recorded step reads its own index there. */
  readonly order?: number;
  /** Address of the row indexes, if the device gathers. */
  readonly list?: number;
}

/** Prepares the graph's launches on the data at an address. */
export function launchesOf(parts: Parts, data: number, { whole, order = 0, list }: Addressed): Launches {
  const { context, kernels, mostBlocks, allocations, plan, results } = parts;
  const { driver, stream } = context;
  const { batch, cols, dtype, rows, rowsPerEpoch, work } = plan;
  const page = allocations.keep(allocatePageLocked(driver, 2 * LAUNCH_BYTES, 'the launch parameters'));
  const memory = driver.library.view(page.address, page.bytes);
  const perBatch = batch * cols;
  const teamBits = teamBitsFor(cols, dtype);
  const blocks =
    list === undefined
      ? blocksForSlice(perBatch, dtype, mostBlocks)
      : blocksForRows(batch, teamBits, mostBlocks);
  const state = stateOf(parts, blocks).address;
  const out = results.deviceAddress;
  const short = (rowsPerEpoch % batch || batch) * cols;
  const launch = (offset: number, elements: number) => {
    const total = whole ? rowsPerEpoch * cols : elements;
    const parameters =
      list === undefined
        ? [data, total, perBatch, out, state, order, 0, work, 0]
        : [data, rows, cols, out, state, list, elements / cols, teamBits, work, 0];
    const kernel = list === undefined ? kernels.slice : kernels.gather;
    return new Launch(driver, page, memory, offset, kernel, blocks, stream, parameters);
  };
  return { whole: launch(0, perBatch), short: launch(LAUNCH_BYTES, short) };
}

/** Allocates the kernel's state and clears it on the graph's stream: a non-blocking stream does not wait for the null stream. */
function stateOf({ context, allocations }: Parts, blocks: number): Memory {
  const { driver, stream } = context;
  const bytes = STATE_BYTES + blocks * PARTIAL_BYTES;
  const state = allocations.keep(allocateOnDevice(driver, bytes, 'partial sums'));
  driver.do('cuMemsetD8Async', state.address, 0, bytes, stream);
  return state;
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
