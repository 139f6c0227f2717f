import { describe, expect, it } from 'vitest';
import { Orders } from './batches.js';
import { type PlanRequest, planCells } from './plan.js';

const REQUEST: PlanRequest = {
  batches: [2],
  works: [1],
  epochs: 4,
  warmup: 0,
  shuffle: 'once',
  sampling: 'slice',
  seed: 1,
  remainder: 'drop',
  fetch: 'step',
  readback: 'mapped',
};
const ordersOf = (request: Partial<PlanRequest>, rows = 10) =>
  new Orders(planCells({ rows, cols: 3, dtype: 'float32' }, { ...REQUEST, ...request })[0]!);
const sorted = (order: Int32Array) => [...order].sort((a, b) => a - b);

describe('Orders', () => {
  it('visits every mini-batch once an epoch', () => {
    expect(sorted(ordersOf({}, 1000).of(0))).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('keeps file order without a shuffle', () => {
    expect([...ordersOf({ shuffle: 'none' }).of(3)]).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps one order for all epochs when shuffled once, and draws a new one when shuffled every epoch', () => {
    const once = ordersOf({}, 200);
    expect([...once.of(0)]).toEqual([...once.of(1)]);
    const each = ordersOf({ shuffle: 'epoch' }, 200);
    expect([...each.of(0)]).not.toEqual([...each.of(1)]);
    expect(sorted(each.of(1))).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('gives an epoch the same order whoever asks and whenever', () => {
    const [one, other] = [ordersOf({ shuffle: 'epoch' }, 100), ordersOf({ shuffle: 'epoch' }, 100)];
    other.of(0);
    other.of(7);
    expect([...one.of(3)]).toEqual([...other.of(3)]);
  });

  // Written down once: the order of a seed is part of what a record means, on every platform and in every version.
  it('draws the order that seed 1 has always drawn', () => {
    expect([...ordersOf({}).of(0)]).toMatchInlineSnapshot(`
      [
        0,
        1,
        2,
        3,
        4,
      ]
    `);
    expect([...ordersOf({ shuffle: 'epoch', seed: 2 ** 32 - 1 }, 16).of(5)]).toMatchInlineSnapshot(`
      [
        4,
        7,
        3,
        0,
        5,
        2,
        6,
        1,
      ]
    `);
  });

  it('draws different orders for different seeds', () => {
    const drawn = new Set(Array.from({ length: 100 }, (_, seed) => ordersOf({ seed }, 100).of(0).join()));
    expect(drawn.size).toBe(100);
  });

  it('puts every mini-batch first about equally often', () => {
    const firsts = new Int32Array(5);
    for (let seed = 0; seed < 5000; seed++) firsts[ordersOf({ seed }).of(0)[0]!]! += 1;
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('draws rows without replacement from all of them when gathering, anew every epoch', () => {
    const orders = ordersOf({ sampling: 'gather', batches: [3] }, 11);
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 50; epoch++) {
      const rows = orders.of(epoch);
      expect(rows).toHaveLength(9);
      expect(new Set(rows).size).toBe(9);
      for (const row of rows) seen.add(row);
    }
    expect(seen.size).toBe(11);
  });

  it('cuts an epoch short by steps, not by elements', () => {
    expect(ordersOf({}).firstSteps(0, 2)).toHaveLength(2);
    expect(ordersOf({ sampling: 'gather' }).firstSteps(0, 2)).toHaveLength(4);
  });
});
