import { describe, expect, it } from 'vitest';
import { plansOf } from '../plan/plan.js';
import { settingsOf } from '../settings.js';
import type { RoundPlan } from './rounds.js';
import { stepNsOf } from './step-time.js';
import { beforeRoundsNs, doneShare, plannedCaseNs, roundsLeftNs, timeLeftNs } from './time-left.js';

/** Cases of equal size: the finished ones with their total time, the current one, and the later ones. */
const casesOf = (
  done: number,
  doneNs: number,
  spentNs: number,
  leftNs: number | undefined,
  later: number,
) => ({
  done: { size: done, ns: doneNs },
  present: { size: 1, spentNs, leftNs },
  later: { size: later },
});

describe('the time left in a run', () => {
  it('is unknown before any time is known', () => {
    expect(timeLeftNs(undefined, undefined)).toBeUndefined();
    expect(timeLeftNs(undefined, casesOf(0, 0, 3, undefined, 5))).toBeUndefined();
    expect(timeLeftNs(undefined, casesOf(0, 0, 0, Number.POSITIVE_INFINITY, 5))).toBeUndefined();
    expect(timeLeftNs(undefined, casesOf(0, 0, 0, Number.NaN, 5))).toBeUndefined();
  });

  it('assumes that later cases are like the first one, and then like the finished ones', () => {
    expect(timeLeftNs(undefined, casesOf(0, 0, 20, 80, 3))).toBe(80 + 3 * 100);
    expect(timeLeftNs(undefined, casesOf(2, 60, 20, 80, 3))).toBe(80 + 3 * 30);
  });

  it('assumes that the current case is like the finished ones unless it has its own estimate', () => {
    expect(timeLeftNs(undefined, casesOf(2, 60, 10, undefined, 3))).toBe(20 + 3 * 30);
    // The current case has already taken longer than the finished ones.
    expect(timeLeftNs(undefined, casesOf(2, 60, 40, undefined, 3))).toBe(3 * 30);
  });

  it('is proportional to the sizes of the cases', () => {
    const cases = {
      done: { size: 8, ns: 800 },
      present: { size: 4, spentNs: 100, leftNs: 350 },
      later: { size: 3 },
    };
    expect(timeLeftNs(undefined, cases)).toBe(350 + 300);
    expect(timeLeftNs(undefined, { ...cases, present: { ...cases.present, leftNs: undefined } })).toBe(
      300 + 300,
    );
  });

  it('is at most the rest of the budget, which alone decides if nothing is known about the cases', () => {
    expect(timeLeftNs(50, casesOf(0, 0, 20, 80, 3))).toBe(50);
    expect(timeLeftNs(500, casesOf(0, 0, 20, 80, 3))).toBe(380);
    expect(timeLeftNs(50, undefined)).toBe(50);
    expect(timeLeftNs(50, casesOf(0, 0, 3, undefined, 5))).toBe(50);
    expect(timeLeftNs(-1, undefined)).toBe(0);
  });
});

describe('the time left in the rounds of a case', () => {
  const plan = (least: number, most: number, endNs: number): RoundPlan => ({
    ...{ least, most, endNs, hardEndNs: Infinity, minTimeNs: 0, steps: () => 1 },
  });
  const none = { round: 0, startNs: 1000, roundStartNs: 1000 };
  const five = { round: 5, startNs: 1000, roundStartNs: 1100 };

  it('is that of all remaining rounds at the pace of the finished ones if their number is planned', () => {
    expect(roundsLeftNs(plan(20, 20, Infinity), five, 1, 1100)).toBe(15 * 20);
    // In the middle of the sixth round.
    expect(roundsLeftNs(plan(20, 20, Infinity), five, 1, 1112)).toBe(15 * 20 - 12);
  });

  it('uses the expected time of a round before one has finished', () => {
    expect(roundsLeftNs(plan(20, 20, Infinity), none, 30, 1000)).toBe(600);
    expect(roundsLeftNs(plan(20, 20, Infinity), none, 30, 1000 + 700)).toBe(0);
  });

  it('ends at the time limit, but not before the fewest rounds', () => {
    expect(roundsLeftNs(plan(20, Infinity, 5000), five, 1, 1100)).toBe(3900);
    expect(roundsLeftNs(plan(20, Infinity, 1200), five, 1, 1100)).toBe(300);
    expect(roundsLeftNs(plan(20, Infinity, 1200), { ...five, round: 50 }, 1, 1300)).toBe(0);
    expect(roundsLeftNs(plan(6, 20, 1200), five, 1, 1100)).toBe(100);
  });

  it('has a finished share, of the rounds or of the time, whichever is larger', () => {
    expect(doneShare(plan(20, 20, Infinity), five, 1100)).toBe(0.25);
    expect(doneShare(plan(20, Infinity, 1400), five, 1100)).toBe(0.25);
    expect(doneShare(plan(20, 20, 1200), five, 1100)).toBe(0.5);
    expect(doneShare(plan(20, Infinity, 1200), five, 1300)).toBe(1);
    expect(doneShare(plan(20, Infinity, 1000), none, 1000)).toBe(1);
  });
});

describe('the time of a case', () => {
  const settings = { ...settingsOf({ warmup: 3 }), epochs: 100 };
  const [plan] = plansOf(
    { rows: 5000, cols: 1, dtype: 'float32' },
    settingsOf({ batch: 1, shuffle: 'none' }),
  ).plans;

  it('is the time of its epochs in rounds of at least the shortest block, plus the time before the rounds', () => {
    // An epoch is 5000 steps of 1 µs. There are 20 rounds of 5 epochs, for 2 rows.
    expect(plannedCaseNs(plan!, settings, 2, 1000)).toBe(2 * (5e6 + 200e6) + 2 * 20 * 25e6);
    expect(plannedCaseNs(plan!, settings, 2, 1)).toBe(2 * (5000 + 200e6) + 2 * 20 * 10e6);
    expect(plannedCaseNs(plan!, { ...settings, epochs: 3, warmup: 0 }, 1, 1000)).toBe(5e6 + 3 * 10e6);
  });

  it('begins with a verified epoch and warm-up epochs, each within its limits', () => {
    const beforeNs = [0, 1e6, 0.1e9, 0.2e9, 0.5e9, 10e9].map((epochNs) =>
      beforeRoundsNs(settings, 1, epochNs),
    );
    expect(beforeNs).toEqual([0.2e9, 0.201e9, 0.4e9, 0.8e9, 1.5e9, 2e9]);
    expect(beforeRoundsNs({ ...settings, warmup: 0 }, 3, 1e6)).toBe(3e6);
  });
});

describe('the time of a step', () => {
  it('is unknown if no step was observed', () => {
    expect(stepNsOf(64, new Map())).toBeUndefined();
  });

  it('grows with the square root of the rows if steps of only one size were observed', () => {
    expect([16, 64, 4].map((rows) => stepNsOf(rows, new Map([[16, 1000]])))).toEqual([1000, 2000, 500]);
  });

  it('is a fixed time plus a time per row, from the smallest and the largest observed step', () => {
    const seen = new Map([
      [10, 3200],
      [100, 1],
      [1000, 23_000],
    ]);
    expect([10, 1000, 100, 0].map((rows) => stepNsOf(rows, seen))).toEqual([3200, 23_000, 5000, 3000]);
  });

  it('is never negative, and does not fall as rows grow', () => {
    const falling = new Map([
      [10, 5000],
      [1000, 4000],
    ]);
    expect(stepNsOf(100_000, falling)).toBe(5000);
    const steep = new Map([
      [10, 1000],
      [20, 4000],
    ]);
    expect(stepNsOf(1, steep)).toBe(300);
  });
});
