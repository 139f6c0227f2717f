import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../../src/data/open.js';
import { Reference } from '../../src/engine/reference.js';
import { WARM_UP_NS } from '../../src/options.js';
import { type Order, Orders, sliceOrder } from '../../src/plan/order.js';
import { type Plan, plansOf } from '../../src/plan/plan.js';
import { settingsOf } from '../../src/settings.js';
import { writeMatrix } from '../gpu/first/matrix.js';

export const BATCHES = [2, 64, 1024, 16_384] as const;
export const STRATEGIES = ['feed', 'pin'] as const;
/** Timed blocks of each strategy in one process, and how long one lasts at least: pinbench's own default. */
export const BLOCKS = 5;
export const BLOCK_NS = 10e6;

/** What every program is given: the same file of numbers, and the same order of mini-batches for each batch size. */
export class Job {
  /** The path of the file that tells a peer what to do. */
  readonly file: string;
  readonly data: string;
  readonly #folder: string;
  readonly #cases: readonly Case[];

  private constructor(folder: string, data: string, cases: readonly Case[]) {
    this.file = join(folder, 'job.json');
    this.data = data;
    this.#folder = folder;
    this.#cases = cases;
  }

  /** Writes a dataset of that shape, the orders and the job itself to the folder. */
  static async write(folder: string, rows: number, cols: number): Promise<Job> {
    const data = join(folder, 'data.npy');
    await writeMatrix(data, rows, cols, new AbortController().signal);
    const dataset = await openDataset(data);
    const { plans } = plansOf(dataset, settingsOf({ batch: [...BATCHES] }));
    const cases = plans.map((plan) => ({
      batch: plan.batch,
      order: epochOf(plan),
      reference: new Reference(dataset, plan),
    }));
    const job = new Job(folder, data, cases);
    for (const { batch, order } of cases) writeFileSync(job.#orderFile(batch), order.batches);
    const told = {
      ...{ data, rows, cols, blocks: BLOCKS, blockNs: BLOCK_NS, warmUpNs: WARM_UP_NS },
      cases: BATCHES.map((batch) => ({
        ...{ batch, order: job.#orderFile(batch) },
        scalars: Object.fromEntries(STRATEGIES.map((name) => [name, job.scalarsFile(batch, name)])),
      })),
    };
    writeFileSync(job.file, JSON.stringify(told));
    return job;
  }

  /** Where a peer leaves the last scalar of each step of an epoch that it ran, float64 in the order of the steps. */
  scalarsFile(batch: number, strategy: string): string {
    return join(this.#folder, `scalars-${batch}-${strategy}.f64`);
  }

  /** How many of these scalars, of the first steps of an epoch, are further from the float64 reference than rounding explains. */
  wrong(batch: number, scalars: Float64Array): number {
    const { order, reference } = this.#cases.find((one) => one.batch === batch)!;
    return scalars.filter((scalar, step) => reference.errorOf(order, step, scalar) === null).length;
  }

  #orderFile(batch: number): string {
    return join(this.#folder, `order-${batch}.i32`);
  }
}

type SliceOrder = Extract<Order, { kind: 'slice' }>;

interface Case {
  readonly batch: number;
  readonly order: SliceOrder;
  readonly reference: Reference;
}

/** The order that pinbench draws for a plan, one epoch of it: `Orders` joins short ones. */
function epochOf(plan: Plan): SliceOrder {
  const { order } = new Orders(plan).stretch(0, 1);
  return sliceOrder((order as SliceOrder).batches.slice(0, plan.stepsPerEpoch)) as SliceOrder;
}
