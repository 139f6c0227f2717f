import { describe, expect, it } from 'vitest';
import { findingsOf } from '../analysis/findings.js';
import type { RunRecord } from '../record/schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { type SweepOf, sampleSweep } from '../record/testing/sample-sweep.js';
import { chartsForTerminal } from './chart.js';
import { PLAIN, type Screen } from './layout.js';
import { render } from './render.js';

const chart = (record: RunRecord, screen: Partial<Screen> = {}) =>
  chartsForTerminal(record, findingsOf(record), { ...PLAIN, ...screen });
const of = (sweep: SweepOf, screen: Partial<Screen> = {}) => chart(sampleSweep(sweep), screen);

const FEED = (batch: number) => 1_000 * batch;
const CROSSING: SweepOf = {
  batches: [1, 10, 100, 1000],
  strategies: { feed: FEED, pin: (batch) => (batch < 100 ? 2 : 0.1) * FEED(batch) },
};

describe('the chart in the terminal', () => {
  it('shows step times by batch size on logarithmic axes, and where the faster strategy changes', () => {
    expect(of(CROSSING, { width: 60 })).toMatchInlineSnapshot(`
      "Step time by batch size, cuda
      1.00 ms ┤                         ┊                      ·o
              │                         ┊                  ····
              │                         ┊              ····
              │                         ┊          ····
       100 µs ┤                         ┊      ·o··            ·x
              │                         ┊  ····             ···
              │                         ┊··              ···
      20.0 µs ┤               ·x···· ···┊            ····
              │            ···   ·······┊···      ···
              │         ···   ·o·       ┊   ····x·
      5.00 µs ┤     ····  ····          ┊
              │  ···  ····              ┊
              │x· ····                  ┊
      1.00 µs ┤o··                      ┊
              └──────────────────────────────────────────────────
               1              10               100          1,000
      o feed   x pin
      ┊ pin becomes the faster strategy between batch 10 and 100
      "
    `);
  });

  it('draws equal ratios at equal distances', () => {
    const lines = of({ batches: [1, 10, 100, 1000], strategies: { feed: FEED } }).split('\n');
    const places = lines.flatMap((line, row) => {
      const column = line.search(/(?<=[┤│].*)o/);
      return column === -1 || line.includes('feed') ? [] : [[row, column]];
    });
    expect(places).toHaveLength(4);
    const steps = places
      .slice(1)
      .map(([row, column], i) => [places[i]![0]! - row!, column! - places[i]![1]!]);
    for (const [down, right] of steps) {
      expect(Math.abs(down! - steps[0]![0]!)).toBeLessThanOrEqual(1);
      expect(Math.abs(right! - steps[0]![1]!)).toBeLessThanOrEqual(1);
    }
  });

  it('tells strategies apart without colour, and marks where several meet', () => {
    const text = of({
      batches: [1, 10, 100],
      strategies: {
        feed: FEED,
        pin: (batch) => (batch === 1 ? 1 : 3) * FEED(batch),
        'zero-copy': (batch) => 9 * FEED(batch),
      },
    });
    expect(text).toContain('o feed   x pin   ~ zero-copy   & several');
    for (const mark of ['o', 'x', '~', '&']) expect(text.split('\n').slice(1, 15).join('')).toContain(mark);
    expect(of(CROSSING)).not.toContain('several');
  });

  it.each([60, 80, 100, 200])('fits %i columns', (width) => {
    for (const line of of(CROSSING, { width }).split('\n'))
      expect([...line].length).toBeLessThanOrEqual(width);
  });

  it('is drawn for a sweep on a watched screen, not in a pipe, for few batch sizes or for several records', async () => {
    const sweep = { name: 'a', record: sampleSweep(CROSSING) };
    const one = { name: 'b', record: sampleRecord() };
    const has = async (records: (typeof sweep)[], watched: boolean) =>
      (await render('table', records, { ...PLAIN, watched })).includes('Step time by batch size');
    expect(await has([sweep], true)).toBe(true);
    expect(await has([sweep], false)).toBe(false);
    expect(await has([one], true)).toBe(false);
    expect(await has([sweep, one], true)).toBe(false);
    expect(of({ ...CROSSING, batches: [1, 1000] })).toBe('');
  });

  it('marks where more than two strategies meet, wraps its legend, and counts changes beyond three', () => {
    const strategies = {
      feed: FEED,
      pin: FEED,
      'feed-chunk': FEED,
      'feed-ahead': FEED,
      'feed-locked': FEED,
      'zero-copy': FEED,
    };
    const alike = of({ batches: [1, 10, 100], strategies }, { width: 60 });
    expect(alike).toContain('& several');
    expect(alike.split('\n').slice(1, 15).join('')).not.toMatch(/[ox#*+~]/);
    for (const line of alike.split('\n')) expect([...line].length).toBeLessThanOrEqual(60);
    const turns = of({
      batches: [1, 2, 4, 8, 16, 32],
      strategies: { feed: FEED, pin: (batch) => FEED(batch) * (Math.log2(batch) % 2 === 0 ? 2 : 0.5) },
    });
    expect(turns.match(/becomes the faster strategy/g)).toHaveLength(3);
    expect(turns).toContain('┊ the faster strategy changes 2 more times');
  });

  it('is drawn without NaN if all steps take the same time and nothing is compared', () => {
    const flat = of({ batches: [1, 2, 4], strategies: { feed: () => 5_000 } });
    expect(flat).toContain('5.00 µs ┤');
    expect(flat).not.toMatch(/NaN|undefined|Infinity/);
  });
});
