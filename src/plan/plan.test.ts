import { describe, expect, it } from 'vitest';
import { PinbenchError } from '../errors.js';
import { OPTION_ENTRIES } from '../options.js';
import { settingsOf } from '../settings.js';
import { movementOf, type PlanRequest, plansOf, rowsOf } from './plan.js';
import { strategiesNamed } from './strategy.js';

const REQUEST: PlanRequest = settingsOf({ batch: 4 });
const SHAPE = { rows: 10, cols: 3, dtype: 'float32' } as const;
const planOf = (request: Partial<PlanRequest> = {}) => plansOf(SHAPE, { ...REQUEST, ...request }).plans[0]!;
const [feed, pin] = strategiesNamed(['feed', 'pin']);

describe('plansOf', () => {
  it('gives each plan the value of every option that defines a step', () => {
    const request = settingsOf({ batch: 4, seed: 7, shuffle: 'epoch', remainder: 'keep', fetch: 'epoch' });
    const names = OPTION_ENTRIES.flatMap(([name, { definesStep }]) => (definesStep ? [name] : []));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(planOf(request)).toHaveProperty(name, request[name as 'seed']);
  });

  it('makes a plan for every batch size with every work, batch sizes outermost', () => {
    const { plans, batches } = plansOf(SHAPE, { ...REQUEST, batch: [1, 2], work: [1, 8] });
    expect(plans.map(({ batch, work }) => [batch, work])).toEqual([
      [1, 1],
      [1, 8],
      [2, 1],
      [2, 8],
    ]);
    expect(batches).toEqual([1, 2]);
  });

  it('uses 32 rows, or all if there are fewer, when no batch size is given', () => {
    const unasked = { ...REQUEST, batch: undefined };
    expect(plansOf(SHAPE, unasked)).toMatchObject({ batches: [10], leftOut: [] });
    expect(plansOf({ ...SHAPE, rows: 1000 }, unasked)).toMatchObject({ batches: [32], leftOut: [] });
  });

  it("limits a range to the dataset's rows and names the sizes that it left out", () => {
    const { batches, leftOut, plans } = plansOf(SHAPE, { ...REQUEST, batch: [5, { from: 1, to: 64 }] });
    expect(batches).toEqual([5, 1, 2, 4, 8]);
    expect(leftOut).toEqual([16, 32, 64]);
    expect(plans.map(({ batch }) => batch)).toEqual(batches);
  });

  it('uses a size once even if it is given twice', () => {
    expect(plansOf(SHAPE, { ...REQUEST, batch: [2, { from: 1, to: 4 }, 4] }).batches).toEqual([2, 1, 4]);
  });

  it('refuses a range with no size that fits', () => {
    const request: PlanRequest = { ...REQUEST, batch: [{ from: 16, to: 64 }] };
    expect(() => plansOf(SHAPE, request)).toThrow(/^--batch: 16 rows .* of 10 rows; expected .* 1 to 10$/);
  });

  it('drops or keeps the short last mini-batch', () => {
    expect(planOf()).toMatchObject({ stepsPerEpoch: 2, rowsPerEpoch: 8 });
    const kept = planOf({ remainder: 'keep' });
    expect(kept).toMatchObject({ stepsPerEpoch: 3, rowsPerEpoch: 10 });
    expect(rowsOf(kept, 1)).toEqual([4, 8]);
    expect(rowsOf(kept, 2)).toEqual([8, 10]);
  });

  it('refuses a batch of more rows than the dataset has', () => {
    expect(() => planOf({ batch: [11] })).toThrow(PinbenchError);
    expect(() => planOf({ batch: [11] })).toThrow(/^--batch: .*expected a whole number from 1 to 10$/);
  });

  it('accepts a batch of all rows', () => {
    expect(planOf({ batch: [10] }).stepsPerEpoch).toBe(1);
  });
});

describe('movementOf', () => {
  it('copies the mini-batch in each step for feed, and the dataset once for pin', () => {
    expect(movementOf(planOf(), feed!)).toEqual({ h2dBytesPerStep: 48, h2dBytesSetup: 0 });
    expect(movementOf(planOf(), pin!)).toEqual({ h2dBytesPerStep: 0, h2dBytesSetup: 120 });
  });

  it('counts the actual rows of a short last mini-batch', () => {
    expect(movementOf(planOf({ remainder: 'keep' }), feed!).h2dBytesPerStep).toBe(120 / 3);
  });

  it('moves row indexes if the device gathers', () => {
    expect(movementOf(planOf({ sampling: 'gather' }), pin!).h2dBytesPerStep).toBe(16);
  });
});
