import type { Values } from '../../data/dataset.js';
import type { Plan } from '../../plan/plan.js';
import type { Driver } from './driver.js';
import { type Launch, SLICE } from './launch.js';
import type { Staging } from './staging.js';

/** Bytes of an index in an order, on host and device. */
export const INDEX_BYTES = 4;

/**
 * Brings the mini-batch of step `step` to where the graph reads it, and returns the launch that runs the graph on it. `indexes`
 * are the indexes of the whole order: of mini-batches, or of rows with `--sampling gather`.
 */
export type Delivery = (indexes: Int32Array, step: number) => Launch;

/** The graph's launch on a whole mini-batch, and on the short last one if the epoch has one. */
export interface Launches {
  readonly whole: Launch;
  readonly short: Launch;
}

/** Bytes of a whole and of the short mini-batch. */
export interface Sizes {
  readonly batchBytes: number;
  readonly shortBytes: number;
  /** Index of the short mini-batch, or −1. */
  readonly shortIndex: number;
}

/** Source and destination addresses of copies, and their stream. */
export interface Route {
  readonly from: number;
  readonly to: number;
  readonly stream: number;
}

/** Queues a copy to the device on a stream, and counts its bytes. */
export function copyToDevice(driver: Driver, to: number, from: number, bytes: number, stream: number): void {
  const status = driver.library.call.cuMemcpyHtoDAsync_v2(to, from, bytes, stream);
  driver.must('cuMemcpyHtoDAsync_v2', status);
  driver.h2dBytes += bytes;
}

/** `feed`: copies the mini-batch. */
export function feedSlice(
  driver: Driver,
  launches: Launches,
  sizes: Sizes,
  { from, to, stream }: Route,
): Delivery {
  const { whole, short } = launches;
  const { batchBytes, shortBytes, shortIndex } = sizes;
  return (indexes, step) => {
    const index = indexes[step]!;
    const bytes = index === shortIndex ? shortBytes : batchBytes;
    copyToDevice(driver, to, from + index * batchBytes, bytes, stream);
    return index === shortIndex ? short : whole;
  };
}

/** `pin`: passes only the index, as a launch parameter. */
export function sliceOnDevice({ whole }: Launches): Delivery {
  return (indexes, step) => {
    whole.set(SLICE.index, indexes[step]!);
    return whole;
  };
}

/** `zero-copy`: like `pin`, but the kernel reads host memory over the link, and those bytes are counted. */
export function sliceOverLink(
  driver: Driver,
  { whole }: Launches,
  { batchBytes, shortBytes, shortIndex }: Sizes,
): Delivery {
  return (indexes, step) => {
    const index = indexes[step]!;
    whole.set(SLICE.index, index);
    driver.h2dBytes += index === shortIndex ? shortBytes : batchBytes;
    return whole;
  };
}

/** `feed` with `--sampling gather`: the host gathers the rows into staging memory, which is then copied. */
export function feedGathered(
  driver: Driver,
  launches: Launches,
  plan: Plan,
  sizes: Sizes,
  source: Values,
  staging: Staging,
  { to, stream }: Omit<Route, 'from'>,
): Delivery {
  const { batch, cols } = plan;
  const elementBytes = sizes.batchBytes / (batch * cols);
  return (indexes, step) => {
    const begin = step * batch;
    const end = Math.min(begin + batch, indexes.length);
    const { values, address } = staging.next();
    let at = 0;
    for (let i = begin; i < end; i++) {
      for (let from = indexes[i]! * cols, stop = from + cols; from < stop; from++)
        values[at++] = source[from]!;
    }
    copyToDevice(driver, to, address, at * elementBytes, stream);
    staging.queued();
    return end - begin < batch ? launches.short : launches.whole;
  };
}

/**
 * `pin` with `--sampling gather`: the row indexes are copied and the device gathers. Each row counts `linkRowBytes` read over the
 * link.
 */
export function gatherOnDevice(
  driver: Driver,
  launches: Launches,
  batch: number,
  staging: Staging<Int32Array<ArrayBuffer>>,
  { to, stream }: Omit<Route, 'from'>,
  linkRowBytes: number,
): Delivery {
  return (indexes, step) => {
    const begin = step * batch;
    const count = Math.min(batch, indexes.length - begin);
    const { values, address } = staging.next();
    for (let i = 0; i < count; i++) values[i] = indexes[begin + i]!;
    copyToDevice(driver, to, address, count * INDEX_BYTES, stream);
    staging.queued();
    driver.h2dBytes += count * linkRowBytes;
    return count < batch ? launches.short : launches.whole;
  };
}
