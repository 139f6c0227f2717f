import { describe, expect, it } from 'vitest';
import { breakEven } from './break-even.js';

const steps = (ns: number) => Array.from({ length: 20 }, () => ns);
const feed = { allocateNs: 1000, uploadsNs: Array(8).fill(0), stepsNs: steps(300) };

describe('breakEven', () => {
  it('is the extra allocation and upload divided by the saving per step, rounded up', () => {
    const pin = { allocateNs: 1500, uploadsNs: Array(8).fill(9750), stepsNs: steps(200) };
    expect(breakEven(feed, pin)).toEqual({ steps: 103, ci95: [103, 103] });
  });

  it('has an interval that includes the spread of the uploads and of the saving', () => {
    const pin = {
      allocateNs: 1000,
      uploadsNs: [8000, 9000, 10_000, 10_000, 10_000, 10_000, 11_000, 12_000],
      stepsNs: Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 180 : 220)),
    };
    // The saving is 80 to 120 per step, the upload 8,000 to 12,000.
    expect(breakEven(feed, pin)).toEqual({ steps: 100, ci95: [67, 150] });
  });

  it('is 0 if the strategy starts at no higher cost than the baseline', () => {
    const pin = { allocateNs: 0, uploadsNs: Array(8).fill(0), stepsNs: steps(200) };
    expect(breakEven(feed, pin)).toEqual({ steps: 0, ci95: [0, 0] });
  });

  it('is undefined if a step saves nothing', () => {
    expect(breakEven(feed, { ...feed, stepsNs: steps(300) })).toBeUndefined();
    expect(breakEven(feed, { ...feed, stepsNs: steps(400) })).toBeUndefined();
  });

  it('has no interval with fewer than 7 uploads or rounds, or if there may be no saving', () => {
    const pin = { allocateNs: 1000, uploadsNs: Array(8).fill(10_000), stepsNs: steps(200) };
    expect(
      breakEven({ ...feed, uploadsNs: [0, 0] }, { ...pin, uploadsNs: [10_000, 10_000] })?.ci95,
    ).toBeNull();
    const few = { ...pin, stepsNs: steps(200).slice(0, 6) };
    expect(breakEven({ ...feed, stepsNs: feed.stepsNs.slice(0, 6) }, few)?.ci95).toBeNull();
    const wild = { ...pin, stepsNs: Array.from({ length: 20 }, (_, i) => (i < 11 ? 200 : 400)) };
    expect(breakEven(feed, wild)).toEqual({ steps: 100, ci95: null });
  });
});
