import { describe, expect, it } from 'vitest';
import { Budget, budgetTooShort, sufficientNsIn } from './budget.js';
import { measure } from './measure.js';
import type { Measured } from './measurement.js';
import type { FakeScript } from './testing/fake-engine.js';
import { fakeRun } from './testing/fake-run.js';

const SECOND = 1e9;
/** Sixteen cases on 60,000 rows whose steps take 3 µs plus 20 ns per row. */
const BATCHES = '1..32768';
const stepNs: FakeScript['stepNs'] = (_, { batch }) => 3000 + 20 * batch;
const sweep = (budgetNs: number, script: FakeScript = {}, options = {}) =>
  fakeRun({ stepNs, ...script }, { rows: 60_000, batch: BATCHES, warmup: 3, budgetNs, ...options });

describe('--budget', () => {
  it.each([15, 30, 60])('bounds sixteen cases to %d s, within 10 %, and uses most of it', async (seconds) => {
    // Noise keeps every interval too wide to stop early.
    let calls = 0;
    const noisy: FakeScript['stepNs'] = (strategy, plan) => stepNs(strategy, plan)! * (1 + (++calls % 7) / 5);
    const { device, request } = sweep(seconds * SECOND, { stepNs: noisy });
    const { measurements, ended, incomplete } = await measure(request);
    expect(incomplete).toBeUndefined();
    expect(device.clock.nowNs()).toBeLessThan(1.1 * seconds * SECOND);
    expect(device.clock.nowNs()).toBeGreaterThan(0.7 * seconds * SECOND);
    expect(measurements).toHaveLength(32);
    for (const m of measurements as Measured[]) expect(m.samplesNs.length).toBeGreaterThanOrEqual(6);
    expect(ended).toHaveLength(16);
  });

  it('counts from the start of the command', async () => {
    const { device, request } = sweep(30 * SECOND);
    device.clock.advance(10 * SECOND);
    await measure(request);
    expect(device.clock.nowNs()).toBeLessThan(33 * SECOND);
  });

  it('takes precedence over --epochs and measures as much as fits', async () => {
    const { device, request } = sweep(30 * SECOND, {}, { epochs: 1000 });
    const { measurements, ended } = await measure(request);
    expect(device.clock.nowNs()).toBeLessThan(33 * SECOND);
    for (const m of measurements as Measured[]) expect(m.samplesNs.length).toBeGreaterThanOrEqual(6);
    expect(ended.map(({ end }) => end)).toContain('budget');
  });

  it('measures the requested epochs if they fit', async () => {
    const { request } = fakeRun(
      { stepNs: () => 1e6 },
      { rows: 100, batch: 1, epochs: 40, budgetNs: 60 * SECOND },
    );
    const { measurements, ended } = await measure(request);
    expect((measurements[0] as Measured).steps).toBe(4000);
    expect(ended).toMatchObject([{ rounds: 20, end: 'planned' }]);
  });

  it('is kept if uploads and allocations take most of the time', async () => {
    const slow = { setupNs: () => 200e6, allocateNs: () => 50e6 };
    const { device, request } = sweep(60 * SECOND, slow);
    await measure(request);
    expect(device.clock.nowNs()).toBeLessThan(66 * SECOND);
  });

  it('is kept if steps become much slower later', async () => {
    const growing: FakeScript['stepNs'] = (strategy, plan) =>
      stepNs(strategy, plan)! * (device.clock.nowNs() > 5 * SECOND ? 30 : 1);
    const { device, request } = sweep(30 * SECOND, { stepNs: growing });
    await measure(request);
    expect(device.clock.nowNs()).toBeLessThan(33 * SECOND);
  });

  it('is refused before anything is measured if six rounds do not fit, with the time that they need', async () => {
    const { device, request } = sweep(5 * SECOND);
    const error = await measure(request).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'usage', subject: '--budget' });
    const [, needed] = /at least (\d+(?:\.\d+)?) s/.exec((error as Error).message)!;
    expect(device.log.filter((line) => line.startsWith('single'))).toEqual([]);
    const enough = sweep(Number(needed) * SECOND);
    const { measurements } = await measure(enough.request);
    expect(enough.device.clock.nowNs()).toBeLessThan(1.1 * Number(needed) * SECOND);
    for (const m of measurements as Measured[]) expect(m.samplesNs.length).toBeGreaterThanOrEqual(6);
  });

  it('is refused if a single step takes too long for six rounds', async () => {
    const { request } = fakeRun({ stepNs: () => 1e9 }, { budgetNs: 5 * SECOND });
    await expect(measure(request)).rejects.toMatchObject({ code: 'usage', subject: '--budget' });
  });
});

describe('Budget', () => {
  it('gives each case what it needs and an equal share of the rest, and passes unused time on', () => {
    const budget = new Budget(20e9, 0, 1e9, [1e9, 2e9, 3e9]);
    // Of 20 s, 0.4 s are reserved for the end, 1 s has passed and 6 s are needed, so 12.6 s are spare.
    expect(budget.allot(0, 1e9)).toMatchObject({
      spareNs: 4.2e9,
      endNs: 6.2e9,
      hardEndNs: 19.6e9,
      usedUp: false,
    });
    expect(budget.allot(1, 3e9).spareNs).toBeCloseTo(11.6e9 / 2, 0);
    expect(budget.allot(2, 20e9)).toMatchObject({ spareNs: 0, usedUp: true });
  });
});

describe('the error for a budget that is too short', () => {
  it.each([
    [8e9, 10.4e9, 6, 11e9],
    [60e9, 100e9, 2, 100e9],
    [1e6, 1.71e9, 1, 1.8e9],
  ])(
    'states a time that can be read again: for %d ns of %d ns in %d processes',
    (given, needed, n, stated) => {
      expect(sufficientNsIn(budgetTooShort(given, needed, n).message)).toBe(stated);
    },
  );

  it('is not confused with other messages', () => {
    expect(sufficientNsIn('--budget: "soon"; expected a time such as 90s, 10m or 1h')).toBeUndefined();
    expect(sufficientNsIn('data.npy: no such file')).toBeUndefined();
  });
});
