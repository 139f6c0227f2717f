import { allocate, type Dataset, ELEMENT_BYTES } from '../../../data/dataset.js';
import { mustMove, verifyEpoch } from '../../../measure/verify.js';
import { Orders } from '../../../plan/batches.js';
import { movementOf, type PlanRequest, planCells } from '../../../plan/plan.js';
import { strategiesNamed } from '../../../plan/strategy.js';
import type { DType, StrategyName } from '../../../words.js';
import type { Device } from '../../engine.js';
import { Reference } from '../../reference.js';

export const REQUEST: PlanRequest = {
  batches: [3],
  works: [1],
  epochs: 2,
  warmup: 0,
  shuffle: 'epoch',
  sampling: 'slice',
  seed: 1,
  remainder: 'keep',
  fetch: 'step',
  readback: 'mapped',
};

/** A matrix without a pattern: no element is 0 but of `bool`, so that one missed or counted twice shows in the sum. */
export function datasetOf(dtype: DType, rows: number, cols: number): Dataset {
  const values = allocate(dtype, rows * cols);
  let state = 12345;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const fraction = state / 2 ** 32;
    const sign = i % 3 === 0 ? -1 : 1;
    if (values instanceof BigInt64Array) values[i] = BigInt(sign * Math.floor((1 + fraction) * 2 ** 40));
    else if (values instanceof BigUint64Array) values[i] = BigInt(Math.floor((1 + fraction) * 2 ** 63));
    else if (dtype === 'bool') values[i] = fraction < 0.5 ? 0 : 1;
    else if (dtype === 'float16')
      values[i] = (i % 3 === 0 ? 0x8000 : 0) + 0x3c00 + Math.floor(fraction * 1024);
    else if (dtype === 'float32' || dtype === 'float64') values[i] = sign * (1 + fraction);
    // The upper half of what the type holds; a negative number wraps in an unsigned one.
    else values[i] = sign * Math.floor((1 + fraction) * 2 ** (8 * ELEMENT_BYTES[dtype] - 2));
  }
  return { path: 'memory', format: 'npy', dtype, rows, cols, values };
}

/**
 * Runs `epochs` epochs of a strategy: every scalar must be what the reference says and every byte what the plan says.
 * Returns the scalars of the last epoch. Throws where something is wrong, and disposes the session in any case.
 */
export async function verifyOn(
  device: Device,
  dataset: Dataset,
  name: StrategyName,
  request: Partial<PlanRequest> = {},
  epochs = 2,
): Promise<Float64Array> {
  const plan = planCells(dataset, { ...REQUEST, ...request })[0]!;
  const strategy = strategiesNamed([name])[0]!;
  const movement = movementOf(plan, strategy);
  const reference = new Reference(dataset, plan);
  const orders = new Orders(plan);
  const scalars = new Float64Array(plan.stepsPerEpoch);
  const session = await device.prepare(dataset, plan, strategy);
  try {
    await mustMove(session, `${name}, setup`, movement.h2dBytesSetup, async () => session.setup());
    const planned = movement.h2dBytesPerStep * plan.stepsPerEpoch;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = orders.of(epoch);
      scalars.fill(Number.NaN);
      await mustMove(session, name, planned, async () => session.epoch(order, scalars));
      verifyEpoch(name, reference, order, scalars);
    }
  } finally {
    await session[Symbol.asyncDispose]();
  }
  return scalars;
}
