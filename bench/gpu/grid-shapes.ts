import process from 'node:process';
import { markdownTable } from 'markdown-table';
import { median } from 'simple-statistics';
import { Context } from '../../src/engine/cuda/context.js';
import { DatasetMemory } from '../../src/engine/cuda/dataset-memory.js';
import type { Driver } from '../../src/engine/cuda/driver.js';
import { CudaSession } from '../../src/engine/cuda/session.js';
import { datasetOf, planOf } from '../../src/engine/cuda/testing/verify.js';
import { sliceOrder } from '../../src/plan/order.js';
import { strategiesNamed } from '../../src/plan/strategy.js';
import { formatBytes, formatDuration, formatRatio } from '../../src/units.js';
import { DEVICE_BATCH_BYTES, ROUNDS, SMALL } from './sizes.js';
import type { Show } from './summary.js';
import { turn } from './turn.js';

/** Limits of the blocks per multiprocessor to compare with as many as fit. */
const BLOCKS_PER_MULTIPROCESSOR = [1, 2, 4, 8];
/** Mini-batch sizes for the comparison: the smallest shows the fixed cost of a launch, the largest its rate. */
const GRID_BATCH_BYTES = SMALL ? [4096, 65_536] : [2 ** 20, 16 * 2 ** 20, DEVICE_BATCH_BYTES];
/** The approximate number of bytes read by a timed block of steps. */
const GRID_BLOCK_BYTES = SMALL ? 65_536 : 2 ** 30;

const SHAPES = [...BLOCKS_PER_MULTIPROCESSOR, undefined];
const nameOf = (shape: number | undefined) => (shape === undefined ? 'all that fit' : String(shape));

/** Finds the fastest grid of `pin` for each mini-batch size, from few blocks that each do much to many that each do little. */
export async function gridShapes(show: Show, driver: Driver, signal: AbortSignal): Promise<void> {
  driver.do('cuInit', 0);
  const context = new Context(driver, driver.ask('cuDeviceGet', 0));
  const resources = new DatasetMemory(context);
  const rows = [['mini-batch', ...SHAPES.map(nameOf), 'fastest', 'rate', 'speedup over all that fit']];
  const note = `Medians of ${ROUNDS} rounds: time per step of \`pin\`, by the most blocks of the graph per multiprocessor.`;
  try {
    for (const bytes of GRID_BATCH_BYTES) {
      const stepNs = await measured(context, resources, bytes, signal);
      const medians = stepNs.map((samples) => median(samples));
      const fastest = medians.indexOf(Math.min(...medians));
      const over = median(stepNs.at(-1)!.map((ns, round) => ns / stepNs[fastest]![round]!));
      rows.push([
        formatBytes(bytes),
        ...medians.map(formatDuration),
        nameOf(SHAPES[fastest]),
        `${formatBytes((bytes * 1e9) / medians[fastest]!)}/s`,
        `${formatRatio(over)}×`,
      ]);
      show([markdownTable(rows), '', note].join('\n'));
    }
  } finally {
    context.enterToRelease();
    resources.free();
    context.close();
  }
}

/** The time per step of each shape in each round, in ns. */
async function measured(
  context: Context,
  resources: DatasetMemory,
  bytes: number,
  signal: AbortSignal,
): Promise<number[][]> {
  // The dataset is larger than any L2 cache, for every mini-batch size.
  const dataset = datasetOf('float32', Math.max(2, (2 * DEVICE_BATCH_BYTES) / bytes), bytes / 4);
  const plan = planOf(dataset, { batch: [1] });
  const sessions: CudaSession[] = [];
  try {
    for (const shape of SHAPES) {
      const [pin] = strategiesNamed(['pin']);
      sessions.push(new CudaSession(context, resources, dataset, plan, pin!, shape));
    }
    // The sessions share the resident dataset, so one upload suffices.
    await sessions[0]!.setup();
    const steps = Math.min(2000, Math.max(plan.stepsPerEpoch, Math.round(GRID_BLOCK_BYTES / bytes)));
    const order = sliceOrder(Int32Array.from({ length: steps }, (_, i) => i % plan.stepsPerEpoch));
    const out = new Float64Array(steps);
    const stepNs = SHAPES.map((): number[] => []);
    for (let round = -2; round < ROUNDS; round++) {
      await turn(signal);
      for (const at of sessions.keys()) {
        // Each round begins with another shape, so that cache effects affect all shapes equally.
        const shape = (at + Math.max(0, round)) % SHAPES.length;
        const begin = process.hrtime.bigint();
        sessions[shape]!.steps(order, 0, steps, out);
        if (round >= 0) stepNs[shape]!.push(Number(process.hrtime.bigint() - begin) / steps);
      }
    }
    return stepNs;
  } finally {
    for (const session of sessions.reverse()) await session[Symbol.asyncDispose]();
  }
}
