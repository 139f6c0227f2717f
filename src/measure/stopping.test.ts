import { describe, expect, it } from 'vitest';
import { measure } from './measure.js';
import type { Measured } from './measurement.js';
import { Looks, widestHalfWidthPercent } from './stopping.js';
import { fakeRun } from './testing/fake-run.js';

/** Steps of 10 ms whose times differ by up to a fifth. */
function noisy(): () => number {
  let calls = 0;
  return () => {
    calls += 1;
    return 10e6 * (1 + 0.2 * Math.abs(Math.sin(calls * 12.9898)));
  };
}

describe('a run without --epochs', () => {
  it('stops at the second check in a row that finds the interval narrow enough, after 30 rounds at the earliest', async () => {
    const { measurements, ended } = await measure(fakeRun({ stepNs: () => 10e6 }).request);
    expect((measurements[0] as Measured).samplesNs).toHaveLength(30);
    expect(ended).toMatchObject([{ rounds: 30, end: 'until', halfWidthPercent: 0 }]);
  });

  it('stops after 5 s if the interval stays wide', async () => {
    const { device, request } = fakeRun({ stepNs: noisy() }, { untilPercent: 0.001 });
    const { ended } = await measure(request);
    expect(ended).toMatchObject([{ end: 'time' }]);
    expect(device.clock.nowNs()).toBeGreaterThan(4.8e9);
    expect(device.clock.nowNs()).toBeLessThan(5.2e9);
  });

  it('measures at least 6 rounds, however long a step takes', async () => {
    const { measurements } = await measure(fakeRun({ stepNs: () => 1e9 }).request);
    expect((measurements[0] as Measured).samplesNs).toHaveLength(6);
  });

  it('measures until the interval is as narrow as --until requires', async () => {
    const rounds = async (untilPercent: number) => {
      const { measurements } = await measure(fakeRun({ stepNs: noisy() }, { untilPercent }).request);
      return (measurements[0] as Measured).samplesNs.length;
    };
    expect(await rounds(20)).toBe(30);
    expect(await rounds(2)).toBeGreaterThan(30);
  });
});

describe('a run with --epochs', () => {
  it('measures 20 rounds and no more', async () => {
    const { measurements, ended } = await measure(fakeRun({ stepNs: noisy() }, { epochs: 100 }).request);
    expect((measurements[0] as Measured).samplesNs).toHaveLength(20);
    expect(ended).toMatchObject([{ rounds: 20, end: 'planned' }]);
  });

  it('continues until the interval is narrow enough if --until is also given', async () => {
    const { measurements } = await measure(
      fakeRun({ stepNs: noisy() }, { epochs: 20, untilPercent: 2 }).request,
    );
    expect((measurements[0] as Measured).samplesNs.length).toBeGreaterThan(20);
  });
});

describe('Looks', () => {
  const narrow = (rounds: number) => [Array(rounds).fill(100), Array(rounds).fill(50)];
  const wide = (rounds: number) => [
    Array.from({ length: rounds }, (_, i) => 100 + (i % 10) * 50),
    Array(rounds).fill(50),
  ];

  it('checks every ten rounds from the twentieth on', () => {
    const looks = new Looks(1);
    const found = Array.from({ length: 40 }, (_, i) => looks.satisfied(narrow(i + 1)));
    expect(found.indexOf(true)).toBe(29);
  });

  it('starts counting again after a check that finds the interval wide', () => {
    const looks = new Looks(1);
    for (const rounds of [20, 40]) {
      expect(looks.satisfied(narrow(rounds))).toBe(false);
      expect(looks.satisfied(wide(rounds + 10))).toBe(false);
    }
  });
});

describe('widestHalfWidthPercent', () => {
  it('is that of the widest speedup, or of the step time of a single row', () => {
    const feed = Array(20).fill(100);
    const [calm, wild] = [
      Array(20).fill(50),
      Array.from({ length: 20 }, (_, i) => 50 * (i % 2 === 0 ? 1 : 1.1 ** 2)),
    ];
    expect(widestHalfWidthPercent([feed, calm])).toBe(0);
    expect(widestHalfWidthPercent([feed, calm, wild])).toBeCloseTo(10, 10);
    expect(widestHalfWidthPercent([wild])).toBeCloseTo(10, 10);
    expect(widestHalfWidthPercent([[1, 1, 1]])).toBe(Number.POSITIVE_INFINITY);
    expect(widestHalfWidthPercent([])).toBe(Number.POSITIVE_INFINITY);
  });
});
