import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../record/schema.js';
import { comparePairs, type Pair } from './pairs.js';
import { pairsSchema } from './pairs-schema.js';
import { recordWith } from './testing/simulation.js';

const NAMES = { base: 'base', head: 'head' };
const OPTIONS = { thresholdPercent: 5 };

/** The record of a process whose steps take `feedNs` with feed and `pinNs` with pin. */
const processOf = (feedNs: number, pinNs: number): RunRecord =>
  recordWith((strategy, round) => (strategy === 'feed' ? feedNs : pinNs) * (1 + (round % 5) / 10_000));

/**
 * Pairs on a machine whose level differs from pair to pair by up to a half. The head's steps take `feed` and `pin` times as long.
 */
const pairsOf = (count: number, feed: number, pin: number): Pair[] =>
  Array.from({ length: count }, (_, i) => {
    const level = 1000 * (1 + ((i * 7) % 11) / 22);
    const noise = 1 + (((i * 5) % 7) - 3) / 1000;
    return {
      base: processOf(2 * level, level),
      head: processOf(2 * level * feed * noise, level * pin * noise),
    };
  });

const nameOnly = ({ engine, device, strategy, batch, work }: RunRecord['results'][number]) => ({
  ...{ engine, device, strategy, batch, work },
});

const verdictsOf = (pairs: readonly Pair[]) =>
  comparePairs(pairs, NAMES, OPTIONS).rows.map(
    ({ metric, strategy, verdict }) => `${metric} ${strategy} ${verdict}`,
  );

describe('pairs of processes', () => {
  it('are judged by the requested metrics only', () => {
    const { rows } = comparePairs(pairsOf(8, 1, 1.1), NAMES, { ...OPTIONS, metrics: ['speedup'] });
    expect(rows.map(({ metric, strategy }) => `${metric} ${strategy}`)).toEqual(['speedup pin']);
  });

  it('are judged row by row for step times and speedups, whatever the level of a pair', () => {
    expect(verdictsOf(pairsOf(16, 1, 1))).toEqual(['step feed same', 'step pin same', 'speedup pin same']);
    expect(verdictsOf(pairsOf(16, 1, 1.1))).toEqual([
      'step feed same',
      'step pin regressed',
      'speedup pin regressed',
    ]);
    expect(verdictsOf(pairsOf(16, 1.1, 1.1))).toEqual([
      'step feed regressed',
      'step pin regressed',
      'speedup pin same',
    ]);
    expect(verdictsOf(pairsOf(16, 1, 0.9))).toEqual([
      'step feed same',
      'step pin improved',
      'speedup pin improved',
    ]);
  });

  it('give the change, its interval, and the smallest change that would have been detected', () => {
    const [feed, pin, speedup] = comparePairs(pairsOf(16, 1, 1.1), NAMES, OPTIONS).rows;
    expect(feed!.change).toBeCloseTo(1, 2);
    expect(pin!.change).toBeCloseTo(1.1, 2);
    expect(speedup!.change).toBeCloseTo(1 / 1.1, 2);
    expect(pin!.ci95![0]).toBeLessThan(1.1);
    expect(pin!.ci95![1]).toBeGreaterThan(1.1);
    expect(speedup!.ci95![0]).toBeLessThanOrEqual(speedup!.ci95![1]);
    const [lo, hi] = pin!.ci95!.map((end) => Math.log(end / pin!.change!));
    const half = (hi! - lo!) / 2;
    expect(pin!.noisePercent).toBeCloseTo(100 * Math.expm1(half), 6);
    expect(pin!.smallestPercent).toBeCloseTo(100 * (1.05 * Math.exp(Math.max(hi!, -lo!)) - 1), 6);
  });

  it('are inconclusive if there are fewer than six or the interval contains the threshold', () => {
    const { rows } = comparePairs(pairsOf(5, 1, 1.5), NAMES, OPTIONS);
    expect(rows[1]).toMatchObject({ verdict: 'inconclusive', ci95: null });
    expect(rows[1]!.note).toMatch(/^5 pairs are too few .* needs 6/);
    const [, pin] = comparePairs(pairsOf(16, 1, 1.05), NAMES, OPTIONS).rows;
    expect(pin).toMatchObject({
      verdict: 'inconclusive',
      note: 'a larger --budget or more --pairs may settle it',
    });
  });

  it('report rows that only one side measured as missing or new', () => {
    const without = (record: RunRecord, strategy: string): RunRecord => ({
      ...record,
      results: record.results.filter((result) => result.strategy !== strategy),
    });
    const whole = pairsOf(8, 1, 1);
    const less = whole.map(({ base, head }) => ({ base: base!, head: without(head, 'pin') }));
    expect(verdictsOf(less)).toEqual(['step feed same', 'step pin missing', 'speedup pin missing']);
    const more = whole.map(({ base, head }) => ({ base: without(base!, 'pin'), head }));
    expect(verdictsOf(more)).toEqual(['step feed same', 'step pin new', 'speedup pin new']);
  });

  it('report a row as missing if the head did not measure it in some of the pairs, with the reason', () => {
    const whole = pairsOf(8, 1, 1);
    const results = (record: RunRecord) =>
      record.results.map((result) =>
        result.strategy === 'pin'
          ? ({ ...nameOnly(result), status: 'skipped', reason: 'no memory for it' } as const)
          : result,
      );
    const some = whole.map(({ base, head }, i) => ({
      base: base!,
      head: i < 2 ? { ...head, results: results(head) } : head,
    }));
    const [, pin] = comparePairs(some, NAMES, OPTIONS).rows;
    expect(pin).toMatchObject({
      verdict: 'missing',
      note: 'the head did not measure this row in 2 of 8 pairs (skipped: no memory for it)',
    });
  });

  it('say that the sides measured data with other values', () => {
    const pairs = pairsOf(8, 1, 1);
    const other = pairs.map(({ base, head }) => ({
      base: base!,
      head: {
        ...head,
        results: head.results.map((result) =>
          result.status === 'measured' ? { ...result, epochSum: 2 * (result.epochSum as number) } : result,
        ),
      },
    }));
    expect(comparePairs(pairs, NAMES, OPTIONS).otherData).toBe(false);
    expect(comparePairs(other, NAMES, OPTIONS).otherData).toBe(true);
  });

  it('are refused if a later pair measured another dataset', () => {
    const [first, second] = pairsOf(2, 1, 1);
    const other = { ...second!.head, dataset: { ...second!.head.dataset, rows: 11 } };
    expect(() => comparePairs([first!, { ...second!, head: other }], NAMES, OPTIONS)).toThrow(
      /^head: not comparable/,
    );
  });

  it('have only new rows if there is no base', () => {
    const { head } = pairsOf(1, 1, 1)[0]!;
    const comparison = comparePairs([{ head }], NAMES, OPTIONS);
    expect(comparison.rows.map(({ verdict }) => verdict)).toEqual(['new', 'new', 'new']);
    expect(comparison).not.toHaveProperty('base');
  });

  it('are refused if the sides are not comparable or the head is incomplete', () => {
    const [pair] = pairsOf(1, 1, 1);
    const other = { ...pair!.head, dataset: { ...pair!.head.dataset, rows: 11 } };
    expect(() => comparePairs([{ ...pair!, head: other }], NAMES, OPTIONS)).toThrow(
      /^base: not comparable with head/,
    );
    const cut = { ...pair!.head, complete: false };
    expect(() => comparePairs([{ ...pair!, head: cut }], NAMES, OPTIONS)).toThrow(/^head: incomplete/);
  });

  it('match their schema', () => {
    const comparison = comparePairs(pairsOf(8, 1, 1.1), NAMES, {
      ...OPTIONS,
      lost: ['base: it died'],
      complete: false,
    });
    expect(pairsSchema.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
    expect(comparison).toMatchObject({ pairs: 8, lost: ['base: it died'], complete: false });
  });
});
