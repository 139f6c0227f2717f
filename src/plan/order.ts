import type { Plan } from './plan.js';
import { randomOf, shuffling } from './random.js';

/** A sequence of steps. Only the code that delivers mini-batches needs to know which kind it is. */
export type Order =
  /** One mini-batch index per step. */
  | { readonly kind: 'slice'; readonly steps: number; readonly batches: Int32Array }
  /** `batch` row indexes per step; the last step may have fewer. */
  | { readonly kind: 'gather'; readonly steps: number; readonly rows: Int32Array; readonly batch: number };

/** The steps `[from, to)` of an order. */
export interface Stretch {
  readonly order: Order;
  readonly from: number;
  readonly to: number;
}

/** An order of the mini-batches with these indexes. */
export function sliceOrder(batches: Int32Array): Order {
  return { kind: 'slice', steps: batches.length, batches };
}

/** An order that takes `batch` of these rows per step. */
export function gatherOrder(rows: Int32Array, batch: number): Order {
  return { kind: 'gather', steps: Math.ceil(rows.length / batch), rows, batch };
}

/** The indexes of an order: of mini-batches, or of rows. */
export function indexesOf(order: Order): Int32Array {
  return order.kind === 'slice' ? order.batches : order.rows;
}

const NOT_DRAWN = -1;
/** Short epochs are joined into orders of about this many steps, so that a block needs few calls and few clock reads. */
const JOINED_STEPS = 4096;

/**
 * The endless sequence of steps, epoch after epoch, that every strategy of a case walks. An epoch's order depends only on the
 * seed and on the number of the epoch. Orders are drawn when they are first needed. Only the last one is kept; it is valid until
 * another is asked for.
 */
export class Orders {
  readonly #plan: Plan;
  /** How many epochs one order holds. */
  readonly #epochs: number;
  /** What is shuffled: all mini-batches, or all rows. An epoch that drops a remainder takes only the first of them. */
  readonly #indexes: Int32Array;
  readonly #order: Order;
  #drawn = NOT_DRAWN;

  constructor(plan: Plan) {
    const { sampling, fetch, stepsPerEpoch, rowsPerEpoch, rows, batch } = plan;
    this.#plan = plan;
    // If scalars come back every epoch, an order ends with its epoch. A gathered epoch may end with a short mini-batch.
    const joins = sampling === 'slice' && fetch === 'step';
    this.#epochs = joins ? Math.max(1, Math.floor(JOINED_STEPS / stepsPerEpoch)) : 1;
    this.#indexes = new Int32Array(sampling === 'gather' ? rows : stepsPerEpoch);
    this.#order =
      sampling === 'gather'
        ? gatherOrder(this.#indexes.subarray(0, rowsPerEpoch), batch)
        : sliceOrder(this.#epochs === 1 ? this.#indexes : new Int32Array(this.#epochs * stepsPerEpoch));
  }

  /** Returns at most `most` steps of the sequence from step `at` on, fewer if an order ends before. */
  stretch(at: number, most: number): Stretch {
    for (const _ of this.drawing(at));
    const { steps } = this.#order;
    const from = at % steps;
    return { order: this.#order, from, to: Math.min(steps, from + most) };
  }

  /** Draws the order that `stretch(at, …)` needs. A large order is drawn in parts, so that the caller may pause between them. */
  *drawing(at: number): Generator<void> {
    const { sampling, shuffle, stepsPerEpoch } = this.#plan;
    const anew = sampling === 'gather' || shuffle === 'epoch';
    const turn = anew ? Math.floor(at / this.#order.steps) : 0;
    if (turn === this.#drawn) return;
    this.#drawn = NOT_DRAWN;
    if (this.#epochs === 1) yield* this.#drawEpoch(turn);
    else {
      const joined = indexesOf(this.#order);
      for (let epoch = 0; epoch < this.#epochs; epoch++) {
        if (anew || epoch === 0) yield* this.#drawEpoch(turn * this.#epochs + epoch);
        joined.set(this.#indexes, epoch * stepsPerEpoch);
      }
    }
    this.#drawn = turn;
  }

  *#drawEpoch(epoch: number): Generator<void> {
    const { sampling, shuffle, seed } = this.#plan;
    const indexes = this.#indexes;
    for (let i = 0; i < indexes.length; i++) indexes[i] = i;
    if (sampling === 'slice' && shuffle === 'none') return;
    const turn = shuffle === 'epoch' || sampling === 'gather' ? epoch : 0;
    yield* shuffling(indexes, randomOf(seed, 'order', turn));
  }
}
