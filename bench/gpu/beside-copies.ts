import process from 'node:process';
import koffi from 'koffi';
import { markdownTable } from 'markdown-table';
import { median } from 'simple-statistics';
import { Context } from '../../src/engine/cuda/context.js';
import type { Driver } from '../../src/engine/cuda/driver.js';
import { allocateOnDevice, allocatePageLocked, type Memory } from '../../src/engine/cuda/memory.js';
import { datasetOf, planOf } from '../../src/engine/cuda/testing/verify.js';
import type { Device, Engine, Session } from '../../src/engine/engine.js';
import { type Order, sliceOrder } from '../../src/plan/order.js';
import { strategiesNamed } from '../../src/plan/strategy.js';
import { formatBytes, formatDuration } from '../../src/units.js';
import { clearDifference, NOT_MEASURABLE } from './difference.js';
import { DEVICE_BATCH_BYTES, ROUNDS, SMALL } from './sizes.js';
import type { Show } from './summary.js';
import { turn } from './turn.js';

const LINK_BATCH_BYTES = SMALL ? 4096 : 64 * 2 ** 20;

/**
 * Compares the rate of feed-locked with that of plain copies over the link, and the rate of pin with that of copies within the
 * device. A launch or a copy also has a fixed cost, which a rate must not include: each rate is computed from the difference
 * between a mini-batch and one of half its size.
 */
export async function besideCopies(
  show: Show,
  engine: Engine,
  driver: Driver,
  signal: AbortSignal,
): Promise<void> {
  driver.do('cuInit', 0);
  const context = new Context(driver, driver.ask('cuDeviceGet', 0));
  const memory: Memory[] = [];
  try {
    const kept = <T extends Memory>(piece: T): T => {
      memory.push(piece);
      return piece;
    };
    const host = kept(allocatePageLocked(driver, LINK_BATCH_BYTES, 'a copy'));
    const from = kept(allocateOnDevice(driver, DEVICE_BATCH_BYTES, 'a copy'));
    const to = kept(allocateOnDevice(driver, DEVICE_BATCH_BYTES, 'the destination of a copy'));
    const copyOnDevice = koffi
      .load(driver.library.path)
      .func('int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uintptr_t stream)');
    const { stream } = context;
    const link = (bytes: number) =>
      driver.do('cuMemcpyHtoDAsync_v2', to.address, host.address, bytes, stream);
    const onDevice = (bytes: number) => {
      if (copyOnDevice(to.address, from.address, bytes, stream) !== 0)
        throw new Error('cuMemcpyDtoDAsync_v2 failed');
    };
    const copyNs = (copy: (bytes: number) => void, bytes: number) => {
      context.enter();
      const begin = process.hrtime.bigint();
      copy(bytes);
      driver.do('cuStreamSynchronize', stream);
      return Number(process.hrtime.bigint() - begin);
    };
    await using device = await engine.open(0);
    const rows = [['strategy', 'mini-batch', 'time per step', 'rate', 'rate of a plain copy', 'share of it']];
    for (const [strategy, bytes, copy, touched] of [
      ['feed-locked', LINK_BATCH_BYTES, link, 1],
      // A copy within the device reads and writes each byte; the graph only reads it.
      ['pin', DEVICE_BATCH_BYTES, onDevice, 2],
    ] as const) {
      const { steps, plain } = await measured(device, strategy, bytes, (size) => copyNs(copy, size), signal);
      const rate = rateOf(bytes / 2, steps);
      const plainRate = rateOf((bytes / 2) * touched, plain);
      const share = rate && plainRate && `${((rate / plainRate) * 100).toFixed(1)} %`;
      rows.push([
        ...[strategy, formatBytes(bytes), formatDuration(median(steps[1]))],
        ...[rate, plainRate].map((it) => (it === undefined ? NOT_MEASURABLE : `${formatBytes(it * 1e9)}/s`)),
        share || NOT_MEASURABLE,
      ]);
      show(markdownTable(rows));
    }
  } finally {
    // The device uses this same primary context, and makes it not current when it is closed.
    context.enterToRelease();
    for (const piece of memory.reverse()) piece.free();
    context.close();
  }
}

/** The times of each round, for the mini-batch of half the size and for the whole one. */
type Pair = readonly [half: number[], whole: number[]];

/** The rate in bytes per ns, where `bytes` is the difference between whole and half. */
function rateOf(bytes: number, [half, whole]: Pair): number | undefined {
  const ns = clearDifference(half, whole);
  return ns === undefined ? undefined : bytes / ns;
}

/** Times a step of the strategy and a plain copy, with half the bytes and with all of them, in interleaved rounds. */
async function measured(
  device: Device,
  strategy: 'feed-locked' | 'pin',
  bytes: number,
  copyNs: (bytes: number) => number,
  signal: AbortSignal,
): Promise<{ steps: Pair; plain: Pair }> {
  const [steps, plain]: [Pair, Pair] = [
    [[], []],
    [[], []],
  ];
  const sizes = [bytes / 2, bytes] as const;
  const sessions: { session: Session; order: Order }[] = [];
  try {
    for (const size of sizes) {
      const dataset = datasetOf('float32', 8, size / 4);
      const plan = planOf(dataset, { batch: [1] });
      const session = await device.prepare(dataset, plan, strategiesNamed([strategy])[0]!);
      const order = sliceOrder(Int32Array.from({ length: plan.stepsPerEpoch }, (_, i) => i));
      sessions.push({ session, order });
      await session.setup();
    }
    for (let round = -2; round < ROUNDS; round++) {
      await turn(signal);
      for (const [i, { session, order }] of sessions.entries()) {
        const out = new Float64Array(order.steps);
        const begin = process.hrtime.bigint();
        await session.steps(order, 0, order.steps, out);
        const ns = Number(process.hrtime.bigint() - begin) / order.steps;
        const copy = median(Array.from({ length: order.steps }, () => copyNs(sizes[i]!)));
        // The first rounds are warm-up.
        if (round < 0) continue;
        steps[i]!.push(ns);
        plain[i]!.push(copy);
      }
    }
    return { steps, plain };
  } finally {
    for (const { session } of sessions.reverse()) await session[Symbol.asyncDispose]();
  }
}
