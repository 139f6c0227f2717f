import { describe, expect, it } from 'vitest';
import { PinbenchError } from '../errors.js';
import { epochsOfRound, movementOf, type PlanRequest, planCells, rowsOf } from './plan.js';
import { strategiesNamed } from './strategy.js';

const REQUEST: PlanRequest = {
  batches: [4],
  works: [1],
  epochs: 100,
  warmup: 3,
  shuffle: 'once',
  sampling: 'slice',
  seed: 1,
  remainder: 'drop',
  fetch: 'step',
  readback: 'mapped',
};
const SHAPE = { rows: 10, cols: 3, dtype: 'float32' } as const;
const planOf = (request: Partial<PlanRequest> = {}) => planCells(SHAPE, { ...REQUEST, ...request })[0]!;
const [feed, pin] = strategiesNamed(['feed', 'pin']);

describe('planCells', () => {
  it('makes a cell of every batch with every work', () => {
    const cells = planCells(SHAPE, { ...REQUEST, batches: [1, 2], works: [1, 8] });
    expect(cells.map(({ batch, work }) => [batch, work])).toEqual([
      [1, 1],
      [1, 8],
      [2, 1],
      [2, 8],
    ]);
  });

  it('drops or keeps the short last mini-batch', () => {
    expect(planOf()).toMatchObject({ stepsPerEpoch: 2, rowsPerEpoch: 8 });
    const kept = planOf({ remainder: 'keep' });
    expect(kept).toMatchObject({ stepsPerEpoch: 3, rowsPerEpoch: 10 });
    expect(rowsOf(kept, 1)).toEqual([4, 8]);
    expect(rowsOf(kept, 2)).toEqual([8, 10]);
  });

  it.each([0, -1, 11, 2.5, Number.NaN])('refuses a batch of %d for ten rows', (batch) => {
    expect(() => planOf({ batches: [batch] })).toThrow(PinbenchError);
    expect(() => planOf({ batches: [batch] })).toThrow(/^--batch: .*expected a whole number from 1 to 10$/);
  });

  it('takes a batch of all rows', () => {
    expect(planOf({ batches: [10] }).stepsPerEpoch).toBe(1);
  });

  it.each([
    ['--epochs', { epochs: 0 }],
    ['--warmup', { warmup: -1 }],
    ['--work', { works: [1.5] }],
  ])('refuses a bad %s of a caller', (flag, request) => {
    expect(() => planOf(request)).toThrow(new RegExp(`^${flag}: .*whole number`));
  });
});

describe('rounds', () => {
  it('are 20 where the epochs allow, else one an epoch', () => {
    expect([100, 20, 13, 1].map((epochs) => planOf({ epochs }).rounds)).toEqual([20, 20, 13, 1]);
  });

  it('share the epochs out without losing one', () => {
    for (const epochs of [1, 7, 20, 50, 99, 100, 12345]) {
      const { rounds } = planOf({ epochs });
      const shares = Array.from({ length: rounds }, (_, round) => epochsOfRound(epochs, rounds, round));
      expect(shares.reduce((a, b) => a + b)).toBe(epochs);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }
  });
});

describe('movementOf', () => {
  it('copies the mini-batch each step to feed, the dataset once to pin', () => {
    expect(movementOf(planOf(), feed!)).toEqual({ h2dBytesPerStep: 48, h2dBytesSetup: 0 });
    expect(movementOf(planOf(), pin!)).toEqual({ h2dBytesPerStep: 0, h2dBytesSetup: 120 });
  });

  it('counts a short last mini-batch as what it is', () => {
    expect(movementOf(planOf({ remainder: 'keep' }), feed!).h2dBytesPerStep).toBe(120 / 3);
  });

  it('moves row indexes when the device gathers', () => {
    expect(movementOf(planOf({ sampling: 'gather' }), pin!).h2dBytesPerStep).toBe(16);
  });
});
