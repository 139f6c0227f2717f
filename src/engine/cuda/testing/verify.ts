import { allocate, type Dataset } from '../../../data/dataset.js';
import { type Order, Orders } from '../../../plan/order.js';
import {
  type DatasetShape,
  movementOf,
  type Plan,
  type PlanRequest,
  plansOf,
  rowBytesOf,
  rowsOf,
} from '../../../plan/plan.js';
import { type Strategy, strategiesNamed } from '../../../plan/strategy.js';
import { settingsOf } from '../../../settings.js';
import type { DType, StrategyName } from '../../../words.js';
import type { Device, Session } from '../../engine.js';
import { expectedOf, Reference } from '../../reference.js';

export const REQUEST: PlanRequest = settingsOf({ batch: 3, shuffle: 'epoch', remainder: 'keep' });

/** An element of a type that depends on a fraction from 0 to 1, and on a sign if the type has one. */
type ElementOf = (fraction: number, sign: 1 | -1) => number | bigint;

/** Values in the upper half of the range of an integer type; negative numbers wrap around in an unsigned type. */
const large =
  (bits: number): ElementOf =>
  (fraction, sign) =>
    sign * Math.floor((1 + fraction) * 2 ** (bits - 2));
const ELEMENTS: Readonly<Record<DType, ElementOf>> = {
  bool: (fraction) => (fraction < 0.5 ? 0 : 1),
  int8: large(8),
  uint8: large(8),
  int16: large(16),
  uint16: large(16),
  int32: large(32),
  uint32: large(32),
  int64: (fraction, sign) => BigInt(sign * Math.floor((1 + fraction) * 2 ** 40)),
  uint64: (fraction) => BigInt(Math.floor((1 + fraction) * 2 ** 63)),
  float16: (fraction, sign) => (sign === -1 ? 0x8000 : 0) + 0x3c00 + Math.floor(fraction * 1024),
  float32: (fraction, sign) => sign * (1 + fraction),
  float64: (fraction, sign) => sign * (1 + fraction),
};

/** A pseudo-random matrix without zeros (except in `bool`), so that the sum shows an element that was missed or counted twice. */
export function datasetOf(dtype: DType, rows: number, cols: number): Dataset {
  const values = allocate(dtype, rows * cols);
  let state = 12345;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = ELEMENTS[dtype](state / 2 ** 32, i % 3 === 0 ? -1 : 1);
  }
  return { path: 'memory', format: 'npy', dtype, rows, cols, values };
}

/** The plan of a request with one batch size and one work. */
export function planOf(shape: DatasetShape, request: Partial<PlanRequest> = {}): Plan {
  return plansOf(shape, { ...REQUEST, ...request }).plans[0]!;
}

/**
 * A session that compares every scalar with the reference and the bytes moved with the plan. Its methods throw an `Error` on a
 * mismatch.
 */
export class VerifiedSession implements AsyncDisposable {
  readonly plan: Plan;
  readonly session: Session;
  readonly #strategy: Strategy;
  readonly #dataset: Dataset;
  #reference: Reference;

  private constructor(session: Session, dataset: Dataset, plan: Plan, strategy: Strategy) {
    this.session = session;
    this.plan = plan;
    this.#strategy = strategy;
    this.#dataset = dataset;
    this.#reference = new Reference(dataset, plan);
  }

  /** Prepares a session without setting it up. */
  static async prepare(
    device: Device,
    dataset: Dataset,
    name: StrategyName,
    request: Partial<PlanRequest> = {},
  ): Promise<VerifiedSession> {
    const plan = planOf(dataset, request);
    const strategy = strategiesNamed([name])[0]!;
    const session = await device.prepare(dataset, plan, strategy);
    return new VerifiedSession(session, dataset, plan, strategy);
  }

  /** Uploads the dataset. From then on, the expected scalars are those of its current values. */
  async setup(): Promise<void> {
    this.#reference = new Reference(this.#dataset, this.plan);
    const { h2dBytesSetup } = movementOf(this.plan, this.#strategy);
    await this.#mustMove('setup', h2dBytesSetup, async () => this.session.setup());
  }

  /** Runs the steps `[from, to)` of an order, verifies their scalars and returns them. */
  async steps(order: Order, from: number, to: number): Promise<Float64Array> {
    const steps = to - from;
    // Two extra elements detect writes beyond the scalars.
    const out = new Float64Array(steps + 2).fill(UNTOUCHED);
    const what = `steps ${from} to ${to}`;
    await this.#mustMove(what, this.#bytesOf(order, from, to), async () =>
      this.session.steps(order, from, to, out),
    );
    for (let k = 0; k < steps; k++) {
      if (this.#reference.errorOf(order, from + k, out[k]!) !== null) continue;
      const { sum, elements } = this.#reference.step(order, from + k);
      const { value, tolerance } = expectedOf(sum, elements, this.#reference.sumType);
      throw new Error(
        `${this.#strategy.name}: step ${from + k} gave ${out[k]}, expected ${value} within ${tolerance}`,
      );
    }
    for (const rest of out.subarray(steps)) {
      if (rest !== UNTOUCHED) throw new Error(`${this.#strategy.name}: ${what} wrote beyond their scalars`);
    }
    return out.slice(0, steps);
  }

  /** Runs a whole epoch in one call, verifies its scalars and returns them. */
  async epoch(orders: Orders, number: number): Promise<Float64Array> {
    const { stepsPerEpoch } = this.plan;
    const { order, from, to } = orders.stretch(number * stepsPerEpoch, stepsPerEpoch);
    const planned = movementOf(this.plan, this.#strategy).h2dBytesPerStep * stepsPerEpoch;
    return this.#mustMove('an epoch', planned, () => this.steps(order, from, to));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }

  /** Bytes that exactly these steps move; the plan only knows the mean over an epoch. */
  #bytesOf(order: Order, from: number, to: number): number {
    const { resident, mapped, loop } = this.#strategy;
    const listed = order.kind === 'gather' && (resident || mapped);
    const bytesOfRow = (resident ? 0 : rowBytesOf(this.plan)) + (listed ? INDEX_BYTES : 0);
    let bytes = 0;
    for (let step = from; step < to; step++) {
      bytes += this.#rowsOf(order, step) * bytesOfRow + (loop === 'replay' ? INDEX_BYTES : 0);
    }
    return bytes;
  }

  #rowsOf(order: Order, step: number): number {
    if (order.kind === 'gather') return Math.min(order.batch, order.rows.length - step * order.batch);
    const [begin, end] = rowsOf(this.plan, order.batches[step]!);
    return end - begin;
  }

  async #mustMove<T>(what: string, planned: number, work: () => Promise<T>): Promise<T> {
    const before = this.session.h2dBytes!();
    const result = await work();
    const moved = this.session.h2dBytes!() - before;
    // The mean over an epoch times its number of steps may differ from a whole number by a rounding error.
    if (Math.abs(moved - planned) < 0.5) return result;
    throw new Error(`${this.#strategy.name}: ${what} moved ${moved} bytes, the plan says ${planned}`);
  }
}

const INDEX_BYTES = 4;
const UNTOUCHED = -1;

/**
 * Runs and verifies `epochs` epochs of a strategy: the first, third and so on in one call each, the others in two calls. Returns
 * the scalars of the last epoch, and always disposes the session.
 */
export async function verifyOn(
  device: Device,
  dataset: Dataset,
  name: StrategyName,
  request: Partial<PlanRequest> = {},
  epochs = 2,
): Promise<Float64Array> {
  await using verified = await VerifiedSession.prepare(device, dataset, name, request);
  await verified.setup();
  const { plan } = verified;
  const { stepsPerEpoch } = plan;
  const orders = new Orders(plan);
  let scalars: Float64Array = new Float64Array();
  for (let epoch = 0; epoch < epochs; epoch++) {
    if (epoch % 2 === 0 || stepsPerEpoch === 1) {
      scalars = await verified.epoch(orders, epoch);
      continue;
    }
    const cut = Math.ceil(stepsPerEpoch / 3);
    const { order, from, to } = orders.stretch(epoch * stepsPerEpoch, stepsPerEpoch);
    const parts = [
      await verified.steps(order, from, from + cut),
      await verified.steps(order, from + cut, to),
    ];
    scalars = Float64Array.from(parts.flatMap((part) => [...part]));
  }
  return scalars;
}

/** Runs and verifies some epochs in calls of many lengths, from one step to as many as the order and the session allow. */
export async function verifyStretchesOn(
  device: Device,
  dataset: Dataset,
  name: StrategyName,
  request: Partial<PlanRequest> = {},
): Promise<void> {
  await using verified = await VerifiedSession.prepare(device, dataset, name, request);
  await verified.setup();
  const { maxSteps = Number.POSITIVE_INFINITY } = verified.session;
  const { stepsPerEpoch } = verified.plan;
  const orders = new Orders(verified.plan);
  let at = 0;
  for (const wanted of [1, 2, stepsPerEpoch, 3, 1, 2 * stepsPerEpoch + 1, 2, 1, stepsPerEpoch - 1]) {
    const { order, from, to } = orders.stretch(at, Math.min(Math.max(1, wanted), maxSteps));
    await verified.steps(order, from, to);
    at += to - from;
  }
  if (at < 2 * stepsPerEpoch) throw new Error(`${name}: only ${at} steps were run`);
}

/**
 * Sets a strategy up, changes the dataset and sets up again: the resident copy must contain the change. The dataset stays
 * changed.
 */
export async function verifySetupTwiceOn(
  device: Device,
  dataset: Dataset,
  name: StrategyName,
  request: Partial<PlanRequest> = {},
): Promise<void> {
  await using verified = await VerifiedSession.prepare(device, dataset, name, request);
  const { resident } = strategiesNamed([name])[0]!;
  const orders = new Orders(verified.plan);
  await verified.setup();
  await verified.epoch(orders, 0);
  // A strategy that is not resident may read a copy that `prepare` made, so its dataset is not changed.
  if (resident) dataset.values.reverse();
  await verified.setup();
  await verified.epoch(orders, 1);
}
