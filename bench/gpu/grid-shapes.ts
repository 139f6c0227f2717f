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

/** Blocks that a multiprocessor has at most, to be tried beside as many as it holds. */
const BLOCKS_PER_MULTIPROCESSOR = [1, 2, 4, 8];
/** Mini-batches by which grids are compared: a launch's fixed end shows at the first, its rate at the last. */
const GRID_BATCH_BYTES = SMALL ? [4096, 65_536] : [2 ** 20, 16 * 2 ** 20, DEVICE_BATCH_BYTES];
/** Bytes that a block of steps reads for them, about. */
const GRID_BLOCK_BYTES = SMALL ? 65_536 : 2 ** 30;

const SHAPES = [...BLOCKS_PER_MULTIPROCESSOR, undefined];
const nameOf = (shape: number | undefined) => (shape === undefined ? 'all that fit' : String(shape));

/** `pin` by grids of few blocks that each do much to many that do little, side by side: which is the fastest for which bytes. */
export async function gridShapes(show: Show, driver: Driver, signal: AbortSignal): Promise<void> {
  driver.do('cuInit', 0);
  const context = new Context(driver, driver.ask('cuDeviceGet', 0));
  const resources = new DatasetMemory(context);
  const rows = [['mini-batch', ...SHAPES.map(nameOf), 'fastest', 'its rate', 'over all that fit']];
  const note = `Medians of ${ROUNDS} rounds, a step of \`pin\`; a multiprocessor has at most so many blocks of the graph.`;
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

/** A step of each shape, round by round. */
async function measured(
  context: Context,
  resources: DatasetMemory,
  bytes: number,
  signal: AbortSignal,
): Promise<number[][]> {
  // The dataset is larger than an L2 cache whatever its mini-batches are.
  const dataset = datasetOf('float32', Math.max(2, (2 * DEVICE_BATCH_BYTES) / bytes), bytes / 4);
  const plan = planOf(dataset, { batch: [1] });
  const sessions: CudaSession[] = [];
  try {
    for (const shape of SHAPES) {
      const [pin] = strategiesNamed(['pin']);
      sessions.push(new CudaSession(context, resources, dataset, plan, pin!, shape));
    }
    // They share the resident dataset: it is uploaded once.
    await sessions[0]!.setup();
    const steps = Math.min(2000, Math.max(plan.stepsPerEpoch, Math.round(GRID_BLOCK_BYTES / bytes)));
    const order = sliceOrder(Int32Array.from({ length: steps }, (_, i) => i % plan.stepsPerEpoch));
    const out = new Float64Array(steps);
    const stepNs = SHAPES.map((): number[] => []);
    for (let round = -2; round < ROUNDS; round++) {
      await turn(signal);
      for (const at of sessions.keys()) {
        // Another begins each round: what is warm is so for all in turn.
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
