import type { Values } from '../../data/dataset.js';
import type { Plan } from '../../plan/plan.js';
import type { Driver } from './driver.js';
import { type Launch, SLICE } from './launch.js';
import type { Staging } from './staging.js';

/** Bytes of an index in an order, on the host and on the device. */
export const INDEX_BYTES = 4;

/**
 * Brings the mini-batch of step `step` to where the graph reads it, and says which launch runs the graph on it. `indexes` are
 * those of the whole order: of mini-batches, or of rows.
 */
export type Delivery = (indexes: Int32Array, step: number) => Launch;

/** The graph on a whole mini-batch and, where an epoch has one, on the short last. */
export interface Launches {
  readonly whole: Launch;
  readonly short: Launch;
}

/** Bytes of each mini-batch. */
export interface Sizes {
  readonly batchBytes: number;
  readonly shortBytes: number;
  /** Index of the short mini-batch, or −1. */
  readonly shortIndex: number;
}

/** Where copies of mini-batches start and end, as addresses. */
export interface Route {
  readonly from: number;
  readonly to: number;
  readonly stream: number;
}

/** Copies to the device, queued on a stream, and counts the bytes. */
export function copyToDevice(driver: Driver, to: number, from: number, bytes: number, stream: number): void {
  const status = driver.library.call.cuMemcpyHtoDAsync_v2(to, from, bytes, stream);
  driver.must('cuMemcpyHtoDAsync_v2', status);
  driver.h2dBytes += bytes;
}

/** `feed`: the mini-batch is copied. */
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

/** `pin`: only the index goes over, as a parameter of the launch. */
export function sliceOnDevice({ whole }: Launches): Delivery {
  return (indexes, step) => {
    whole.set(SLICE.index, indexes[step]!);
    return whole;
  };
}

/** `zero-copy`: as `pin`, but what the kernel reads comes over the link, and is counted so. */
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

/** `feed` of rows drawn one by one: the host gathers them into staging memory, and that is copied. */
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

/** `pin` of rows drawn one by one: their indexes are copied, the device gathers. With `linkRowBytes` the rows come over the link. */
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
