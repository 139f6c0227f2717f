import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../record/schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { type SweepOf, sampleSweep } from '../record/testing/sample-sweep.js';
import type { StrategyName } from '../words.js';
import { answerSentences } from './answer.js';

const answer = (record: RunRecord) => answerSentences([{ name: 'record', record }]).join('\n');
const of = (sweep: SweepOf) => answer(sampleSweep(sweep));

/** A sweep in which pin has these speedups over a 10 µs feed, at batch sizes 1, 2, 4 and so on. */
function pinAt(...speedups: readonly number[]): RunRecord {
  return sampleSweep({
    batches: speedups.map((_, i) => 2 ** i),
    noise: 0.001,
    strategies: { feed: () => 10_000, pin: (batch) => 10_000 / speedups[Math.log2(batch)]! },
  });
}

describe('the answer for a single batch size', () => {
  const sentence = (
    change: Partial<RunRecord['comparisons'][number]>,
    plan: Partial<RunRecord['plan']> = {},
    rest: Partial<RunRecord> = {},
  ) => {
    const record = { ...sampleRecord(), ...rest };
    record.plan = { ...record.plan, ...plan };
    record.comparisons = [{ ...record.comparisons[0]!, ...change }];
    return answer(record);
  };

  it('is the verdict with its interval, and the break-even if there is one', () => {
    expect([
      sentence({}),
      sentence({ breakEvenSteps: 1, breakEvenCi95: null }),
      sentence({ breakEvenSteps: 0 }),
      sentence({ verdict: 'slower', speedup: 0.8, ci95: [0.78, 0.82], breakEvenSteps: null }),
      sentence({ verdict: 'same', speedup: 1, ci95: [0.961, 1.004], breakEvenSteps: null }),
      sentence({ verdict: 'inconclusive', speedup: 1.01, ci95: [0.97, 1.05], breakEvenSteps: null }),
      sentence({ verdict: 'inconclusive', ci95: null, breakEvenSteps: null }),
    ]).toMatchInlineSnapshot(`
      [
        "pin is 1.30× faster than feed (95 %: 1.29–1.33).
      The setup of pin pays for itself after 15 steps (95 %: 14–15), or 3 epochs.",
        "pin is 1.30× faster than feed (95 %: 1.29–1.33).
      The setup of pin pays for itself after 1 step, within the first epoch.",
        "pin is 1.30× faster than feed (95 %: 1.29–1.33).
      The setup of pin costs no more than that of feed.",
        "pin takes 1.25× as long as feed (95 %: 1.22–1.28).",
        "pin and feed are the same within 5 % (95 %: 0.961–1.004).",
        "pin runs at 0.970 to 1.050× the speed of feed: inconclusive, since this 95 % interval lies only partly within ±5 %; try leaving out --epochs.",
        "pin against feed is inconclusive: too few rounds for a 95 % interval.",
      ]
    `);
  });

  it('suggests how to narrow the interval, by the limit that ended this run', () => {
    const inconclusive = {
      verdict: 'inconclusive',
      ci95: [0.9, 1.1] as [number, number],
      breakEvenSteps: null,
    } as const;
    const ended = (end: RunRecord['cases'][number]['end']) => ({
      cases: sampleRecord().cases.map((one) => ({ ...one, end })),
    });
    const results = sampleRecord().results.map((one) => ({ ...one, roundsPerProcess: [5, 5] }));
    const [byTime, budgetNs] = [{ epochs: undefined }, 60e9];
    for (const [plan, rest, tried] of [
      [{ epochs: 100 }, ended('planned'), 'leaving out --epochs'],
      [{ epochs: 100, budgetNs }, ended('budget'), 'a larger --budget'],
      [byTime, ended('time'), '--budget 20s'],
      [{ ...byTime, budgetNs }, ended('time'), 'a larger --budget'],
      [byTime, ended('planned'), 'more --rounds'],
      [byTime, { ...ended('planned'), results }, 'more --processes'],
      [{ ...byTime, budgetNs }, { ...ended('until'), results }, 'a smaller --until'],
      [{ ...byTime, budgetNs }, { ...ended('budget'), results }, 'a larger --budget'],
    ] as const) {
      expect(sentence(inconclusive, plan, rest)).toContain(`; try ${tried}`);
    }
    expect(sentence({ ...inconclusive, ci95: null }, byTime, { results })).toContain('too few processes');
  });

  it('predicts the speedup for --model-us, and says how heavy a model makes the choice irrelevant', () => {
    const asked = sampleSweep({
      batches: [8],
      strategies: { feed: () => 10_000, pin: () => 5_000 },
      modelNs: 500_000,
    });
    expect(answer(asked)).toContain(
      'With a model that adds 500 µs to a step, pin would run at 1.010× the speed of feed.',
    );
    expect(answer(asked)).toContain(
      'With a model that adds 90.0 µs or more to a step, the faster strategy gains less than 5 %.',
    );
    expect(of({ batches: [8], strategies: { feed: () => 10_000, pin: () => 5_000 } })).not.toContain(
      'With a model',
    );
  });
});

describe('the answer for a sweep', () => {
  it('says in which range of batch sizes a strategy is faster', () => {
    expect(answer(pinAt(2, 2, 3))).toMatch(
      /^pin is 2\.00 to 3\.00× faster than feed at every batch size from 1 to 4 \(each at 95 %\)\.$/m,
    );
    expect(answer(pinAt(0.5, 0.8, 2, 3))).toMatch(
      /^feed is 1\.25 to 2\.00× faster than pin from batch 1 to 2; pin is 2\.00 to 3\.00× faster than feed from batch 4 to 8 \(/m,
    );
    expect(answer(pinAt(0.5, 1, 1, 3))).toMatch(
      /faster than pin at batch 1; pin and feed are the same within 5 % from batch 2 to 4; pin is 3\.00× faster than feed at batch 8 \(/,
    );
  });

  it('counts batch sizes if the faster strategy changes often, and says where it changes', () => {
    expect(answer(pinAt(2, 0.5, 2, 0.5))).toMatch(
      /^pin is 2\.00× faster than feed at 2 of 4 batch sizes; feed is 2\.00× faster than pin at 2 of 4 batch sizes; the faster strategy changes between batch 1–2, 2–4 and 4–8 \(each at 95 %\)\.$/m,
    );
    expect(answer(pinAt(2, 0.5, 2, 0.5, 2))).toContain('4–8, and once more');
    // The faster strategy does not change if only one of them ever wins.
    expect(answer(pinAt(2, 1, 2, 1))).toMatch(
      /^pin is 2\.00× faster than feed at 2 of 4 batch sizes; pin and feed are the same within 5 % at 2 of 4 batch sizes \(/m,
    );
  });

  it('states the verdict even if only one batch size has one', () => {
    const record = pinAt(5, 2, 2);
    for (const one of record.comparisons.slice(1)) one.verdict = 'inconclusive';
    expect(answer(record)).toMatch(
      /^pin is 5\.00× faster than feed at batch 1; the result is inconclusive at batch 2 and 4 \(at 95 %\)\.$/m,
    );
  });

  it('says which batch sizes are inconclusive, and suggests a longer run if all are', () => {
    const record = pinAt(2, 2, 2, 2, 2, 2);
    record.comparisons[1]!.verdict = 'inconclusive';
    expect(answer(record)).toMatch(
      /at 5 of the 6 batch sizes from 1 to 32; the result is inconclusive at batch 2 \(/,
    );
    for (const one of record.comparisons.slice(1, 5)) one.verdict = 'inconclusive';
    expect(answer(record)).toMatch(/; the result is inconclusive at 4 of 6 batch sizes \(/);
    for (const one of record.comparisons) one.verdict = 'inconclusive';
    expect(answer(record)).toMatch(
      /^pin against feed is inconclusive at every batch size: it runs at 2\.00× the speed of feed; try leaving out --epochs\.$/m,
    );
  });

  it('gives the range of break-evens over the batch sizes at which pin is faster', () => {
    expect(answer(pinAt(2, 4))).toMatch(
      /^The setup of pin pays for itself after 134 to 201 steps, within the first epoch\.$/m,
    );
    expect(answer(pinAt(0.5, 0.5))).not.toContain('pays for itself');
  });

  it('is about the smallest work if there are several, and says from which work up the choice does not matter', () => {
    const strategies = {
      feed: (_: number, work: number) => 5_000 + 5_000 * work,
      pin: (_: number, work: number) => 5_000 * work,
    };
    const text = of({ batches: [8], works: [1, 4, 32], strategies });
    expect(text).toMatch(/^With work 1, pin is 2\.00× faster than feed/m);
    expect(text).toMatch(
      /adds 90\.0 µs or more to a step, the faster strategy gains less than 5 %, as measured from work 32 up\.$/m,
    );
    expect(of({ batches: [8], strategies })).not.toContain('work');
  });
});

describe('the answer', () => {
  const FEED = (batch: number) => 9_000 + (batch * 256) / 12;
  const copies = (strategy: StrategyName, batch: number) =>
    strategy === 'feed' ? { copy: FEED(batch) * 0.7, graph: 100, fetch: 0, host: 100 } : undefined;

  it('suggests what to try next, and why', () => {
    expect(of({ strategies: { feed: FEED }, phases: copies })).toContain(
      'Next, try --strategy feed,feed-ahead: copies take 70 % of a feed step (1.41 ms) at batch 65,536.',
    );
    const flat = { feed: () => 9_000 };
    expect(of({ strategies: flat, freeBytes: 2 ** 20 })).toMatch(
      /^The dataset \(256 MiB\) does not fit in the 1\.00 MiB of free memory on cuda, so it cannot be resident there\.\nNext, try --strategy feed,feed-chunk, .*: the fixed cost is 100 % of a feed step \(9\.00 µs\)/m,
    );
    expect(of({ strategies: flat, freeBytes: 2 ** 30 })).not.toMatch(/does not fit|feed-chunk/);
    const pin = { feed: FEED, pin: () => 5_000 };
    expect(of({ strategies: pin })).toMatch(
      /^Next, try --strategy feed,pin,pin-replay: the fixed cost is 100 % of a pin step \(5\.00 µs\)/m,
    );
    expect(of({ strategies: { ...flat, pin: () => 5_000 } })).toContain(
      'Next, try a larger --batch: the fixed cost is',
    );
    expect(of({ strategies: { feed: FEED, pin: (batch) => FEED(batch) / 2 } })).not.toContain('Next, try');
  });

  it('labels figures of a processor, and gives no advice for a GPU there', () => {
    const text = of({ engine: 'cpu', strategies: { feed: () => 9_000, pin: () => 5_000 }, phases: copies });
    expect(text).toMatch(/^On a processor, pin is/);
    expect(text).not.toMatch(/GPU|Next, try|does not fit/);
    expect(of({ strategies: { feed: () => 9_000, pin: () => 5_000 } })).not.toContain('On a processor');
  });

  it('covers the strategies other than pin in one sentence', () => {
    const strategies = {
      feed: () => 10_000,
      pin: () => 5_000,
      'feed-ahead': () => 8_000,
      'zero-copy': () => 20_000,
    };
    expect(of({ batches: [8], strategies })).toContain(
      'feed-ahead runs at 1.25× and zero-copy at 0.50× the speed of feed.',
    );
    expect(of({ batches: [8], strategies: { feed: () => 10_000, 'feed-ahead': () => 8_000 } })).toMatch(
      /^feed-ahead is 1\.25× faster than feed \(.*\)\.$/m,
    );
  });

  it('says what was measured if nothing was compared', () => {
    expect(of({ batches: [1, 8], strategies: { feed: FEED } })).toBe(
      'A step of feed takes 9.02 µs to 9.17 µs; no other strategy was asked for.',
    );
    expect(of({ batches: [8], strategies: { pin: () => 5_000 } })).toBe(
      'A step of pin takes 5.00 µs; without feed there is nothing to compare it with.',
    );
    const skipped = sampleSweep({ batches: [8], strategies: { feed: FEED } });
    skipped.results.push({
      ...{ engine: 'cuda', device: 'NVIDIA H200', batch: 8, work: 1 },
      strategy: 'pin',
      status: 'skipped',
      reason: 'it needs 12 GiB',
    });
    expect(answer(skipped)).toBe('A step of feed takes 9.17 µs; pin was skipped: it needs 12 GiB.');
    skipped.results.shift();
    expect(answer(skipped)).toBe('Nothing was measured: it needs 12 GiB.');
  });

  it('names a strategy that beats pin in its second sentence, and marks inconclusive ones', () => {
    const strategies = {
      ...{ feed: () => 10_000, pin: () => 5_000 },
      ...{ 'pin-replay': () => 1_000, 'zero-copy': () => 20_000 },
    };
    const record = sampleSweep({ batches: [8, 64], strategies });
    expect(answer(record).split('\n')[1]).toBe(
      'pin-replay runs at 10.0× and zero-copy at 0.50× the speed of feed.',
    );
    for (const one of record.comparisons) if (one.strategy === 'zero-copy') one.verdict = 'inconclusive';
    record.comparisons.find(({ strategy }) => strategy === 'pin-replay')!.verdict = 'inconclusive';
    expect(answer(record)).toContain(
      'pin-replay runs at 10.0× and zero-copy at 0.50× the speed of feed (pin-replay is inconclusive at 1 of 2 batch sizes; zero-copy is inconclusive).',
    );
    record.comparisons = record.comparisons.filter(({ strategy }) => strategy !== 'zero-copy');
    expect(answer(record)).toContain(
      'pin-replay runs at 10.0× the speed of feed (inconclusive at 1 of 2 batch sizes).',
    );
  });

  it('says that a run is incomplete, and how many epochs a run of few epochs needs', () => {
    const cut = { ...sampleRecord(), complete: false };
    expect(answer(cut)).toContain('The run is incomplete: only whole rounds are counted.');
    expect(answer(sampleRecord())).not.toContain('incomplete');
    const few = sampleRecord();
    few.plan.epochs = 3;
    Object.assign(few.comparisons[0]!, { verdict: 'inconclusive', ci95: [0.9, 1.1] });
    expect(answer(few)).toContain('; try --epochs 6 or more');
    expect(answer({ ...few, complete: false })).toContain('; try a complete run');
  });

  it('predicts only for the smallest work, and names no model if the gain is under 5 % without one', () => {
    const strategies = {
      feed: (_: number, work: number) => 10_000 * work,
      pin: (_: number, work: number) => (work === 1 ? 5_000 : 20_000 * work),
    };
    const text = of({ batches: [8], works: [1, 8], strategies, modelNs: 90_000 });
    expect(text).toContain('pin would run at 1.053× the speed of feed');
    const slight = sampleSweep({
      batches: [8],
      noise: 0.0001,
      strategies: { feed: () => 10_510, pin: () => 10_000 },
      modelNs: 1000,
    });
    expect(slight.comparisons[0]!.verdict).toBe('faster');
    expect(answer(slight)).not.toContain('gains less than 5 %');
  });

  it('has a sentence for each engine', () => {
    const record = pinAt(2);
    const cpu = sampleSweep({
      engine: 'cpu',
      batches: [1],
      strategies: { feed: () => 5_000, pin: () => 10_000 },
    });
    for (const part of ['results', 'comparisons'] as const) (record[part] as unknown[]).push(...cpu[part]);
    record.environment.devices.push(...cpu.environment.devices);
    expect(answer(record)).toMatch(
      /^cuda: pin is 2\.00× faster than feed .*\ncpu: on a processor, pin takes 2\.00× as long as feed /,
    );
  });

  it('is never more than four sentences', () => {
    const strategies = { feed: () => 10_000, pin: () => 5_000, 'feed-ahead': () => 8_000 };
    const everything = of({ works: [1, 2, 4], strategies, modelNs: 1000, freeBytes: 1 });
    expect(everything.split('\n')).toHaveLength(4);
  });

  it('of several records is printed once if all agree, and otherwise begins with record names', () => {
    const records = [2, 2, 3].map((speedup, i) => ({ name: `node-${i}`, record: pinAt(speedup) }));
    expect(answerSentences(records.slice(0, 2))).toEqual([expect.stringMatching(/^pin is 2\.00× faster/)]);
    expect(answerSentences(records)).toEqual([
      expect.stringMatching(/^node-0, node-1: pin is 2\.00× faster .*\.$/),
      expect.stringMatching(/^node-2: pin is 3\.00× faster .*\.$/),
    ]);
    const many = [2, 3, 4, 5, 6].map((speedup, i) => ({ name: `node-${i}`, record: pinAt(speedup) }));
    expect(answerSentences(many)).toHaveLength(4);
    expect(answerSentences(many)[0]).toBe(
      'The 5 records give 5 different answers; the table shows all of them.',
    );
    const alike = Array.from({ length: 120 }, (_, i) => ({
      name: `node-${i}`,
      record: pinAt(i === 0 ? 2 : 3),
    }));
    expect(answerSentences(alike)[1]).toMatch(/^node-1, node-2, node-3 and 116 more: pin is 3\.00× faster/);
  });
});
