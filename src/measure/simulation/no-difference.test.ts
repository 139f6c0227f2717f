import { describe, expect, it } from 'vitest';
import { COVERED, RUNS, simulate, TITLE } from '../testing/simulate.js';

describe(TITLE, { timeout: 600_000 }, () => {
  it('have intervals that cover the truth in at least 94.5 %, and call the same code different in at most 1 %', async () => {
    const { covered, decided } = await simulate(1, 20261125);
    expect(covered / RUNS).toBeGreaterThanOrEqual(COVERED);
    expect(decided / RUNS).toBeLessThanOrEqual(0.01);
  });
});
