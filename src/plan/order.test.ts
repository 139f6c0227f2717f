import { describe, expect, it } from 'vitest';
import { settingsOf } from '../settings.js';
import { gatherOrder, indexesOf, Orders, sliceOrder } from './order.js';
import { type PlanRequest, plansOf } from './plan.js';

const REQUEST: PlanRequest = settingsOf({ batch: 2 });
const planOf = (request: Partial<PlanRequest>, rows = 10) =>
  plansOf({ rows, cols: 3, dtype: 'float32' }, { ...REQUEST, ...request }).plans[0]!;

/** What a plan's epochs visit: returns a copy of the indexes of all steps of an epoch. */
function epochsOf(request: Partial<PlanRequest>, rows = 10): (epoch: number) => number[] {
  const plan = planOf(request, rows);
  const orders = new Orders(plan);
  const perStep = plan.sampling === 'gather' ? plan.batch : 1;
  return (epoch) => {
    const { order, from, to } = orders.stretch(epoch * plan.stepsPerEpoch, plan.stepsPerEpoch);
    expect(to - from).toBe(plan.stepsPerEpoch);
    return [...indexesOf(order).subarray(from * perStep, to * perStep)];
  };
}
const sorted = (order: readonly number[]) => [...order].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('an order', () => {
  it('knows its number of steps, whichever kind it is', () => {
    expect(sliceOrder(Int32Array.of(3, 1, 2))).toMatchObject({ kind: 'slice', steps: 3 });
    expect(gatherOrder(new Int32Array(6), 3)).toMatchObject({ kind: 'gather', steps: 2 });
    expect(gatherOrder(new Int32Array(7), 3)).toMatchObject({ kind: 'gather', steps: 3, batch: 3 });
  });
});

describe('Orders', () => {
  it('visits every mini-batch once per epoch', () => {
    expect(sorted(epochsOf({}, 1000)(0))).toEqual(upTo(500));
  });

  it('keeps file order without shuffling', () => {
    expect(epochsOf({ shuffle: 'none' })(3)).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps one order for all epochs when shuffled once, and draws a new one when shuffled every epoch', () => {
    const once = epochsOf({}, 200);
    expect(once(0)).toEqual(once(1));
    const each = epochsOf({ shuffle: 'epoch' }, 200);
    expect(each(0)).not.toEqual(each(1));
    expect(sorted(each(1))).toEqual(upTo(100));
  });

  it('gives an epoch the same order, whatever was asked for before', () => {
    for (const rows of [100, 20_000]) {
      const [one, other] = [epochsOf({ shuffle: 'epoch' }, rows), epochsOf({ shuffle: 'epoch' }, rows)];
      other(0);
      other(97);
      expect(one(3)).toEqual(other(3));
    }
  });

  // A snapshot on purpose: a record's meaning includes the order that its seed gives, on every platform and in every version.
  it('draws the order that seed 1 has always drawn', () => {
    expect(epochsOf({})(0)).toMatchInlineSnapshot(`
      [
        0,
        1,
        2,
        3,
        4,
      ]
    `);
    expect(epochsOf({ shuffle: 'epoch', seed: 2 ** 32 - 1 }, 16)(5)).toMatchInlineSnapshot(`
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
    const drawn = new Set(Array.from({ length: 100 }, (_, seed) => epochsOf({ seed }, 100)(0).join()));
    expect(drawn.size).toBe(100);
  });

  it('puts every mini-batch first about equally often', () => {
    const firsts = new Int32Array(5);
    for (let seed = 0; seed < 5000; seed++) firsts[epochsOf({ seed })(0)[0]!]! += 1;
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('draws rows from the whole dataset without replacement when gathering, and again for every epoch', () => {
    const rowsOfEpoch = epochsOf({ sampling: 'gather', batch: [3] }, 11);
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 50; epoch++) {
      const rows = rowsOfEpoch(epoch);
      expect(rows).toHaveLength(9);
      expect(new Set(rows).size).toBe(9);
      for (const row of rows) seen.add(row);
    }
    expect(seen.size).toBe(11);
  });
});

describe('Orders.stretch', () => {
  it('returns as many steps as asked for, if the order has them', () => {
    const { order, from, to } = new Orders(planOf({ shuffle: 'none' })).stretch(1, 3);
    expect([from, to]).toEqual([1, 4]);
    expect([...indexesOf(order).subarray(from, to)]).toEqual([1, 2, 3]);
  });

  it('joins short epochs into one order, with each epoch drawn as it would be alone', () => {
    const joined = { shuffle: 'epoch', fetch: 'step' } as const;
    const plan = planOf(joined);
    const { order, from, to } = new Orders(plan).stretch(0, 1_000_000);
    expect([from, to, order.steps]).toEqual([0, 4095, 4095]);
    const alone = epochsOf({ ...joined, fetch: 'epoch' });
    const { order: second, ...where } = new Orders(plan).stretch(4095, 1_000_000);
    expect(where).toEqual({ from: 0, to: 4095 });
    for (const epoch of [0, 1, 2, 818]) {
      expect([...indexesOf(order).subarray(epoch * 5, epoch * 5 + 5)]).toEqual(alone(epoch));
      expect([...indexesOf(second).subarray(epoch * 5, epoch * 5 + 5)]).toEqual(alone(819 + epoch));
    }
  });

  it('repeats an order that is drawn once in every joined epoch', () => {
    const { order } = new Orders(planOf({ seed: 7 })).stretch(0, 10);
    const indexes = indexesOf(order);
    expect(sorted([...indexes.subarray(0, 5)])).toEqual(upTo(5));
    for (let at = 0; at < order.steps; at++) expect(indexes[at]).toBe(indexes[at % 5]);
  });

  it('does not join epochs that are as long as an order', () => {
    const { order, from, to } = new Orders(planOf({}, 8192)).stretch(4000, 1000);
    expect([order.steps, from, to]).toEqual([4096, 4000, 4096]);
  });

  it.each([
    ['scalars come back every epoch', { fetch: 'epoch' }],
    ['rows are gathered', { sampling: 'gather', remainder: 'keep' }],
  ] as const)('never passes the end of an epoch if %s', (_, request) => {
    const plan = planOf({ ...request, batch: [3] }, 11);
    const orders = new Orders(plan);
    const { stepsPerEpoch: steps } = plan;
    for (let at = 0; at < 4 * steps; at++) {
      const { order, from, to } = orders.stretch(at, 1000);
      expect([order.steps, from, to]).toEqual([steps, at % steps, steps]);
    }
  });

  it('walks the same sequence in stretches of any length', () => {
    for (const request of [
      { shuffle: 'epoch' },
      { shuffle: 'epoch', fetch: 'epoch' },
      { shuffle: 'once' },
      { sampling: 'gather' },
    ] as const) {
      const walked = (most: number) => {
        const orders = new Orders(planOf(request, 20));
        const perStep = 'sampling' in request ? 2 : 1;
        const indexes: number[] = [];
        for (let at = 0; at < 12_000; ) {
          const { order, from, to } = orders.stretch(at, Math.min(most, 12_000 - at));
          expect(to).toBeGreaterThan(from);
          indexes.push(...indexesOf(order).subarray(from * perStep, to * perStep));
          at += to - from;
        }
        return indexes;
      };
      const whole = walked(10_000);
      for (const most of [1, 7, 4096]) expect(walked(most)).toEqual(whole);
    }
  });
});
