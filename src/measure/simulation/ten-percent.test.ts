import { describe, expect, it } from 'vitest';
import { COVERED, RUNS, simulate, TITLE } from '../testing/simulate.js';

describe(TITLE, { timeout: 600_000 }, () => {
  it('detect a true difference of 10 % in at least 95 %', async () => {
    const { covered, found } = await simulate(1.1, 4711);
    expect(covered / RUNS).toBeGreaterThanOrEqual(COVERED);
    expect(found / RUNS).toBeGreaterThanOrEqual(0.95);
  });
});
