import { describe, expect, it } from 'vitest';
import { findingsSchema } from '../record/findings-schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { type SweepOf, sampleSweep } from '../record/testing/sample-sweep.js';
import type { StrategyName } from '../words.js';
import { findingsOf } from './findings.js';

const of = (sweep: SweepOf) => findingsOf(sampleSweep(sweep));
const ROW = 256;
/** Step time with a fixed cost in ns and a bandwidth in bytes per ns (GB/s). */
const costs = (fixedNs: number, bytesPerNs: number) => (batch: number) =>
  fixedNs + (batch * ROW) / bytesPerNs;
const FEED = costs(9_000, 12);
const PIN = costs(5_000, 300);

describe('fits', () => {
  it('give the fixed cost and the bandwidth of every strategy, from the bytes of its mini-batches', () => {
    const { fits } = of({ strategies: { feed: FEED, pin: PIN } });
    expect(fits.map(({ strategy, holds }) => [strategy, holds])).toEqual([
      ['feed', true],
      ['pin', true],
    ]);
    expect(fits[0]!.fixedNs!.value).toBeCloseTo(9_000, 0);
    expect(fits[0]!.bytesPerNs!.value).toBeCloseTo(12, 2);
    expect(fits[1]!.bytesPerNs!.value).toBeCloseTo(300, 0);
  });

  it('give no costs if a batch size is more than 15 % from the line, and name that size', () => {
    const knee = (batch: number) => FEED(batch) * (batch === 1024 ? 1.5 : 1);
    const [fit] = of({ strategies: { feed: knee } }).fits;
    expect(fit).toMatchObject({ holds: false, fixedNs: null, bytesPerNs: null, farthest: { batch: 1024 } });
    expect(fit!.farthest.percent).toBeGreaterThan(15);
  });

  it('need at least five batch sizes', () => {
    const strategies = { feed: FEED };
    expect(of({ strategies, batches: [1, 4, 16, 64] }).fits).toEqual([]);
    expect(of({ strategies, batches: [1, 4, 16, 64, 256] }).fits).toHaveLength(1);
  });

  it('are made separately for each work', () => {
    const { fits } = of({ works: [1, 8], strategies: { feed: (batch, work) => FEED(batch) * work } });
    expect(fits.map(({ work, fixedNs }) => [work, Math.round(fixedNs!.value)])).toEqual([
      [1, 9000],
      [8, 72000],
    ]);
  });
});

describe('crossovers', () => {
  const ratios = (ratioOf: (batch: number) => number, noise?: number) =>
    of({
      batches: [1, 2, 4, 8, 16],
      ...(noise !== undefined && { noise }),
      strategies: { feed: () => 10_000, pin: (batch) => 10_000 * ratioOf(batch) },
    }).crossovers[0];

  it('bracket the change between two measured batch sizes', () => {
    expect(ratios((batch) => (batch < 4 ? 1.5 : 0.5))).toMatchObject({
      ...{ from: 1, to: 16, brackets: [{ from: 2, to: 4, faster: 'pin' }] },
      stretches: [
        { faster: 'feed', from: 1, to: 2 },
        { faster: 'pin', from: 4, to: 16 },
      ],
    });
  });

  it('include sizes with the verdict same in a bracket', () => {
    expect(ratios((batch) => (batch < 4 ? 1.5 : batch === 4 ? 1 : 0.5))!.brackets).toEqual([
      { from: 2, to: 8, faster: 'pin' },
    ]);
  });

  it('have no bracket if one strategy is faster at every size', () => {
    expect(ratios(() => 0.5)).toMatchObject({
      brackets: [],
      stretches: [{ faster: 'pin', from: 1, to: 16 }],
    });
  });

  it('have two brackets if the faster strategy changes back', () => {
    expect(ratios((batch) => (batch === 4 ? 1.5 : 0.5))!.brackets).toEqual([
      { from: 2, to: 4, faster: 'feed' },
      { from: 4, to: 8, faster: 'pin' },
    ]);
  });

  it('ignore inconclusive verdicts and list their batch sizes', () => {
    const noisy = sampleSweep({ batches: [1, 2, 4], strategies: { feed: () => 100, pin: () => 50 } });
    noisy.comparisons[1]!.verdict = 'inconclusive';
    expect(findingsOf(noisy).crossovers[0]).toMatchObject({
      inconclusive: [2],
      brackets: [],
      stretches: [{ from: 1, to: 4 }],
    });
    noisy.comparisons[0]!.verdict = 'inconclusive';
    expect(findingsOf(noisy).crossovers[0]!.stretches).toEqual([{ faster: 'pin', from: 4, to: 4 }]);
    noisy.comparisons[2]!.verdict = 'inconclusive';
    expect(findingsOf(noisy).crossovers).toEqual([]);
  });
});

describe('break-even', () => {
  it('is given in steps and in epochs, with its interval', () => {
    const { breakEvens } = findingsOf(sampleRecord());
    expect(breakEvens).toEqual([
      { engine: 'cuda', work: 1, strategy: 'pin', batch: 2, steps: 15, epochs: 3, stepsCi95: [14, 15] },
    ]);
  });

  it('is absent if the strategy is not faster', () => {
    expect(of({ strategies: { feed: PIN, pin: FEED } }).breakEvens).toEqual([]);
  });
});

describe('compositions', () => {
  it('contain the fixed cost of a fit that holds and the phases of the device', () => {
    const phases = () => ({ copy: 4_000, graph: 1_500, fetch: 0, host: 3_500 });
    const { compositions } = of({ strategies: { feed: FEED }, phases });
    expect(compositions[0]).toMatchObject({ batch: 1, copyNs: 4_000, graphNs: 1_500, ownNs: 21 });
    expect(compositions[0]!.fixedNs).toBeCloseTo(9_000, 0);
  });

  it('are absent if no part is known', () => {
    expect(of({ strategies: { feed: FEED }, batches: [1] }).compositions).toEqual([]);
  });
});

describe('memory', () => {
  it('states whether the dataset fits in the free memory of a GPU and in its L2 cache', () => {
    const bytes = 2 ** 28;
    const of = (freeBytes?: number, l2Bytes?: number) =>
      findingsOf(
        sampleSweep({
          batches: [1],
          strategies: { feed: FEED },
          ...(freeBytes && { freeBytes }),
          ...(l2Bytes && { l2Bytes }),
        }),
      ).memory;
    expect(of(bytes, bytes - 1)).toMatchObject([{ bytes, fits: true, fitsL2: false }]);
    expect(of(bytes - 1)).toMatchObject([{ fits: false }]);
    expect(of(undefined, bytes)).toMatchObject([{ fits: null, fitsL2: true }]);
    expect(of()).toEqual([]);
  });
});

describe('the cost of a model that hides the choice', () => {
  it('is given only if a model or several works were requested', () => {
    const strategies = { feed: () => 10_000, pin: () => 5_000 };
    expect(of({ batches: [8], strategies }).hidden).toEqual([]);
    // 5,000 ns are 5 % of 100,000 ns, of which feed takes 10,000.
    expect(of({ batches: [8], strategies, modelNs: 1 }).hidden).toMatchObject([
      { gainNs: expect.closeTo(5_000, 6), modelNs: expect.closeTo(90_000, 6) },
    ]);
  });

  it('includes the smallest work that hides the choice if several works were measured', () => {
    const strategies = {
      feed: (_: number, work: number) => 5_000 + 5_000 * work,
      pin: (_: number, work: number) => 5_000 * work,
    };
    const [hidden] = of({ batches: [8], works: [1, 4, 32, 64], strategies }).hidden;
    expect(hidden).toMatchObject({ work: 1, modelNs: expect.closeTo(90_000, 6), fromWork: 32 });
    expect(of({ batches: [8], works: [1, 4], strategies }).hidden[0]).not.toHaveProperty('fromWork');
  });
});

describe('advice', () => {
  const flat = () => 5_000;
  const codes = (sweep: SweepOf) => of(sweep).advice.map(({ code, strategy }) => `${code} ${strategy}`);
  const copying = (strategy: StrategyName, batch: number) =>
    strategy === 'feed' ? { copy: FEED(batch) * 0.7, graph: 100, fetch: 0, host: 100 } : undefined;
  const TOO_LARGE = { freeBytes: 2 ** 20 };

  it('is feed-ahead if copies dominate and pin is absent or not faster', () => {
    expect(codes({ strategies: { feed: FEED }, phases: copying })).toEqual(['try-feed-ahead feed']);
    expect(codes({ strategies: { feed: FEED, pin: PIN }, phases: copying })).toEqual([]);
    expect(codes({ strategies: { feed: FEED, 'feed-ahead': FEED }, phases: copying })).toEqual([]);
    const little = () => ({ copy: 10, graph: 100, fetch: 0, host: 100 });
    expect(codes({ strategies: { feed: FEED }, phases: little })).toEqual([]);
  });

  it('is feed-chunk if fixed costs dominate and the dataset does not fit', () => {
    const strategies = { feed: costs(9_000, 12_000) };
    expect(codes({ strategies, ...TOO_LARGE })).toContain('try-feed-chunk feed');
    expect(codes({ strategies, freeBytes: 2 ** 30 })).not.toContain('try-feed-chunk feed');
    expect(codes({ strategies })).not.toContain('try-feed-chunk feed');
    expect(codes({ strategies: { feed: FEED }, ...TOO_LARGE })).not.toContain('try-feed-chunk feed');
    expect(codes({ strategies: { ...strategies, 'feed-chunk': PIN }, ...TOO_LARGE })).not.toContain(
      'try-feed-chunk feed',
    );
  });

  it('is pin-replay if launches dominate the steps of pin', () => {
    const strategies = { feed: FEED, pin: costs(5_000, 10_000) };
    expect(codes({ strategies })).toEqual(['try-pin-replay pin']);
    expect(codes({ strategies: { ...strategies, 'pin-replay': PIN } })).toEqual([]);
    expect(codes({ strategies: { feed: FEED, pin: PIN } })).toEqual([]);
    expect(codes({ strategies, engine: 'tensorflow' })).toEqual([]);
  });

  it('is a larger mini-batch if steps of every strategy are all fixed cost and the dataset has enough rows', () => {
    const strategies = { feed: () => 9_000, pin: flat };
    expect(codes({ strategies })).toContain('try-larger-batch feed');
    expect(codes({ strategies, rows: 100_000 })).not.toContain('try-larger-batch feed');
    expect(codes({ strategies: { feed: FEED, pin: flat } })).not.toContain('try-larger-batch feed');
  });

  it('is absent if the difference is within the noise', () => {
    const noise = 0.2;
    expect(codes({ noise, strategies: { feed: () => 9_000, pin: () => 9_000 } })).toEqual([]);
    expect(codes({ noise: 0.01, strategies: { feed: () => 9_000, pin: () => 9_000 } })).not.toEqual([]);
  });

  it('is absent on a CPU', () => {
    const all: SweepOf = {
      engine: 'cpu',
      strategies: { feed: () => 9_000, pin: flat },
      phases: copying,
      ...TOO_LARGE,
    };
    expect(codes(all)).toEqual([]);
    expect(codes({ ...all, engine: 'cuda' })).not.toEqual([]);
  });
});

it('findings match the schema of a record', () => {
  const record = sampleSweep({
    works: [1, 8],
    strategies: { feed: FEED, pin: PIN },
    l2Bytes: 2 ** 25,
    freeBytes: 2 ** 30,
  });
  expect(findingsSchema.parse(findingsOf(record))).toEqual(findingsOf(record));
});
