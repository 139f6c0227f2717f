import { describe, expect, it } from 'vitest';
import type { MeasuredResult, Result, RunRecord } from '../record/schema.js';
import { type CompareOptions, compareRecords } from './compare.js';
import { recordWith as made, SHARED, STEADY, simulateGate } from './testing/simulation.js';

/** Five processes per side, enough to know the differences between processes. */
const recordWith = (of: Parameters<typeof made>[0]) => made(of, 5);

const OPTIONS: CompareOptions = { thresholdPercent: 5, metric: 'step', ignoreDevice: false };

const steady = (ns: number) => (_: string, round: number) => ns * (1 + (round % 5) / 1000);
const compare = (base: RunRecord, head: RunRecord, options: Partial<CompareOptions> = {}) =>
  compareRecords([['base.json', base]], [['head.json', head]], { ...OPTIONS, ...options });
const rowOf = ({ engine, device, strategy, batch, work }: Result) => ({
  ...{ engine, device, strategy, batch, work },
});
const verdicts = (base: RunRecord, head: RunRecord, options: Partial<CompareOptions> = {}) =>
  compare(base, head, options).rows.map(({ strategy, verdict }) => `${strategy} ${verdict}`);

/** Changes that make a head not comparable with `recordWith(steady(1000))` on driver 580, each with the expected message. */
const UNLIKE: readonly [what: string, change: (record: RunRecord) => void, said: RegExp][] = [
  [
    'another device',
    (r: RunRecord) => {
      r.environment.devices[0]!.name = 'NVIDIA A100';
    },
    /cuda device/,
  ],
  [
    'another shape',
    (r: RunRecord) => {
      r.dataset.rows = 11;
    },
    /dataset rows 10, not 11/,
  ],
  [
    'another dtype',
    (r: RunRecord) => {
      r.dataset.dtype = 'float64';
    },
    /dataset dtype float32, not float64/,
  ],
  [
    'another major version of the driver',
    (r: RunRecord) => {
      r.environment.devices[0]!.driver = '590.1';
    },
    /cuda driver 580, not 590/,
  ],
  ...(
    [
      ['fetch', 'epoch', /plan fetch step, not epoch/],
      ['sampling', 'gather', /plan sampling slice, not gather/],
      ['shuffle', 'none', /plan shuffle once, not none/],
      ['remainder', 'keep', /plan remainder drop, not keep/],
      ['dtype', 'native', /plan dtype float32, not native/],
      ['readback', 'copy', /plan readback mapped, not copy/],
    ] as const
  ).map(([field, value, said]): (typeof UNLIKE)[number] => [
    `another ${field}`,
    (r) => Object.assign(r.plan, { [field]: value }),
    said,
  ]),
  [
    'a run cut short',
    (r: RunRecord) => {
      r.complete = false;
    },
    /incomplete: the run was interrupted/,
  ],
  [
    'nothing measured',
    (r: RunRecord) => {
      r.results = [];
    },
    /the record has no measured row/,
  ],
];

describe('compareRecords', () => {
  it('distinguishes slower, faster and the same', () => {
    const base = recordWith(steady(1000));
    expect(verdicts(base, recordWith(steady(1000)))).toEqual(['feed same', 'pin same']);
    expect(verdicts(base, recordWith(steady(1100)))).toEqual(['feed regressed', 'pin regressed']);
    expect(verdicts(base, recordWith(steady(900)))).toEqual(['feed improved', 'pin improved']);
    expect(verdicts(base, recordWith(steady(1100)), { thresholdPercent: 20 })).toEqual([
      'feed same',
      'pin same',
    ]);
    const [row] = compare(base, recordWith(steady(1100))).rows;
    expect(row!.change).toBeCloseTo(1.1, 3);
    expect(row!.p).toBeLessThan(0.02);
  });

  it('reports inconclusive if noise between processes hides a change, and states what would settle it', () => {
    const noisy = (ns: number) => recordWith((_, __, process) => ns * (1 + process / 20));
    const { rows } = compare(noisy(1000), noisy(1020));
    expect(rows[0]!.verdict).toBe('inconclusive');
    const [, needed] = /^about (\d+) processes per side would settle it; there are 5$/.exec(rows[0]!.note!)!;
    expect(Number(needed)).toBeGreaterThanOrEqual(10);
    expect(compare(noisy(1000), noisy(1050)).rows[0]!.note).toMatch(/^too close to the threshold/);
  });

  it('uses the median of a process as one sample, however many rounds it has', () => {
    // Each process has its own level, and its rounds agree.
    const levels = (ns: number) => recordWith((_, round, process) => ns * (1 + process / 10) + round / 1000);
    const [row] = compare(levels(1000), levels(1060)).rows;
    expect(row).toMatchObject({ verdict: 'inconclusive' });
    expect(row!.p).toBeGreaterThan(0.05);
    expect(row!.base).toBeCloseTo(1200, 0);
  });

  it('calls no small change with fewer than four processes per side, and suggests ab', () => {
    const three = (ns: number) => made(steady(ns), 3);
    for (const [base, head] of [
      [made(steady(1000)), made(steady(1200))],
      [three(1000), recordWith(steady(1200))],
    ]) {
      const { rows } = compare(base!, head!);
      expect(rows.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
      expect(rows[0]!.note).toMatch(
        /^with fewer than 4 processes per side, a change under 25 % .*: use pinbench ab/,
      );
    }
    expect(compare(made(steady(1000)), made(steady(1000))).rows[0]).toMatchObject({
      verdict: 'inconclusive',
      change: 1,
    });
    expect(verdicts(made(steady(1000)), made(steady(1300)))).toEqual(['feed regressed', 'pin regressed']);
    expect(verdicts(made(steady(1000)), made(steady(700)))).toEqual(['feed improved', 'pin improved']);
    expect(verdicts(made(steady(1000)), made(steady(1300)), { thresholdPercent: 40 })).toEqual([
      ...['feed inconclusive', 'pin inconclusive'],
    ]);
    const pinAt = (ns: number) =>
      made((strategy, round) => (strategy === 'feed' ? 2000 : ns) * (1 + (round % 5) / 1000));
    expect(verdicts(pinAt(1000), pinAt(1090), { metric: 'speedup' })).toEqual(['pin inconclusive']);
    expect(verdicts(pinAt(1000), pinAt(1120), { metric: 'speedup' })).toEqual(['pin regressed']);
  });

  it('counts the processes of several records of a side together', () => {
    const side = (ns: number) =>
      Array.from({ length: 5 }, (_, i) => [`${ns}-${i}.json`, made(steady(ns * (1 + i / 1000)))] as const);
    expect(compareRecords(side(1000), side(1100), OPTIONS).rows.map(({ verdict }) => verdict)).toEqual([
      ...['regressed', 'regressed'],
    ]);
    expect(compareRecords(side(1000).slice(0, 3), side(1100), OPTIONS).rows[0]).toMatchObject({
      verdict: 'inconclusive',
    });
  });

  it('compares the speedup over feed, which a slower machine does not change', () => {
    const base = recordWith((strategy, round) => (strategy === 'feed' ? 2000 : 1000) * (1 + round / 100));
    const slowerMachine = recordWith(
      (strategy, round) => (strategy === 'feed' ? 4000 : 2000) * (1 + round / 50),
    );
    expect(verdicts(base, slowerMachine, { metric: 'speedup' })).toEqual(['pin same']);
    const lost = recordWith((strategy, round) => (strategy === 'feed' ? 2000 : 1500) * (1 + round / 100));
    const [row] = compare(base, lost, { metric: 'speedup' }).rows;
    expect(row).toMatchObject({ strategy: 'pin', verdict: 'regressed' });
    expect([row!.base, row!.head, row!.change].map((x) => x!.toFixed(2))).toEqual(['2.00', '1.33', '0.67']);
  });

  it('reports a row as missing if one of several heads skipped it', () => {
    const head = recordWith(steady(1000));
    const cut = recordWith(steady(1000));
    cut.results = cut.results.map((result) =>
      result.strategy === 'pin' && result.status === 'measured'
        ? { ...rowOf(result), status: 'skipped', reason: 'out of memory' }
        : result,
    );
    const heads = [
      ['1.json', head],
      ['2.json', cut],
    ] as const;
    expect(compareRecords([['base.json', recordWith(steady(1000))]], heads, OPTIONS).rows).toMatchObject([
      { strategy: 'feed', verdict: 'same' },
      { strategy: 'pin', verdict: 'missing', note: 'skipped: out of memory' },
    ]);
    cut.results = cut.results.filter(({ strategy }) => strategy !== 'pin');
    expect(compareRecords([['base.json', recordWith(steady(1000))]], heads, OPTIONS).rows[1]).toMatchObject({
      ...{ strategy: 'pin', verdict: 'missing', note: 'the row is missing from 1 of 2 heads' },
    });
    const pinAlone = recordWith(steady(1000));
    pinAlone.results = pinAlone.results.filter(({ strategy }) => strategy !== 'feed');
    // The heads have no row in common, so nothing was compared.
    expect(() =>
      compareRecords(
        [['base.json', recordWith(steady(1000))]],
        [
          ['1.json', pinAlone],
          ['2.json', cut],
        ],
        OPTIONS,
      ),
    ).toThrow(
      expect.objectContaining({ code: 'baseline', message: expect.stringMatching(/no row in common/) }),
    );
    // The same for speedups, with a row of another batch size that all records have.
    const wider = () => {
      const record = recordWith(steady(1000));
      record.results.push(...record.results.map((result) => ({ ...result, batch: 4 })));
      return record;
    };
    const feedless = wider();
    feedless.results = feedless.results.filter(({ strategy, batch }) => strategy !== 'feed' || batch === 4);
    const speedups = compareRecords(
      [['base.json', wider()]],
      [
        ['1.json', wider()],
        ['2.json', feedless],
      ],
      { ...OPTIONS, metric: 'speedup' },
    );
    expect(speedups.rows).toMatchObject([
      { strategy: 'pin', batch: 4, verdict: 'same' },
      { strategy: 'pin', batch: 2, verdict: 'missing' },
    ]);
  });

  it('reports a speedup as missing if its feed is missing', () => {
    const head = recordWith(steady(1000));
    head.results = head.results.filter(({ strategy }) => strategy !== 'feed');
    const other = recordWith(steady(1000)).results.map((result) => ({ ...result, batch: 4 }));
    const [base, both] = [recordWith(steady(1000)), head];
    for (const record of [base, both]) record.results.push(...other);
    expect(compare(base, both, { metric: 'speedup' }).rows).toMatchObject([
      { strategy: 'pin', batch: 4, verdict: 'same' },
      { strategy: 'pin', batch: 2, verdict: 'missing', note: 'the row or its feed is not in the head' },
    ]);
  });

  it('detects data of the same shape with different values', () => {
    const [base, head] = [recordWith(steady(1000)), recordWith(steady(1000))];
    expect(compare(base, head).otherData).toBe(false);
    (head.results[0] as MeasuredResult).epochSum = 8555.01;
    expect(compare(base, head).otherData).toBe(false);
    (head.results[0] as MeasuredResult).epochSum = 8600;
    expect(compare(base, head).otherData).toBe(true);
    (head.results[0] as MeasuredResult).epochSum = null;
    expect(compare(base, head).otherData).toBe(false);
  });

  it('lists missing rows with the reason, and new rows', () => {
    const base = recordWith(steady(1000));
    const head = recordWith(steady(1000));
    const pin = head.results.findIndex(({ strategy }) => strategy === 'pin');
    head.results[pin] = { ...rowOf(head.results[pin]!), status: 'skipped', reason: 'does not fit' };
    head.results.push({ ...(head.results[0] as MeasuredResult), strategy: 'zero-copy' });
    expect(compare(base, head).rows).toMatchObject([
      { strategy: 'feed', verdict: 'same' },
      { strategy: 'pin', verdict: 'missing', note: 'skipped: does not fit' },
      { strategy: 'zero-copy', verdict: 'new' },
    ]);
  });

  it('treats a single work as the weight of the model', () => {
    const head = recordWith(steady(2000));
    for (const result of head.results) result.work = 2;
    head.plan.works = [2];
    expect(compare(recordWith(steady(1000)), head).rows[0]).toMatchObject({
      ...{ work: 2, baseWork: 1, verdict: 'regressed' },
    });
    head.plan.works = [1, 2];
    expect(() => compare(recordWith(steady(1000)), head)).toThrow(/no row in common/);
    // Bases with different works do not stand for one model, whatever the work of the head.
    head.plan.works = [2];
    const bases = [
      ['1.json', recordWith(steady(1000))],
      ['2.json', head],
    ] as const;
    expect(compareRecords(bases, [['head.json', head]], OPTIONS).rows).toMatchObject([
      { strategy: 'feed', work: 2, verdict: 'same' },
      { strategy: 'pin', work: 2, verdict: 'same' },
      { strategy: 'feed', work: 1, verdict: 'missing' },
      { strategy: 'pin', work: 1, verdict: 'missing' },
    ]);
  });

  it.each(UNLIKE)('refuses %s with an error of code baseline', (_, change, said) => {
    const record = () => {
      const made = recordWith(steady(1000));
      made.environment.devices[0]!.driver = '580.65';
      return made;
    };
    const head = record();
    change(head);
    const refused = expect.objectContaining({ code: 'baseline', message: expect.stringMatching(said) });
    expect(() => compare(record(), head)).toThrow(refused);
    // It is also refused after a head that is comparable.
    const heads = [['head.json', record()] as const, ['odd.json', head] as const];
    expect(() => compareRecords([['base.json', record()]], heads, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'baseline' }),
    );
  });

  it('accepts a different minor version of the driver, and different epochs, rounds, seed, warm-up and batch sizes', () => {
    const [base, head] = [recordWith(steady(1000)), recordWith(steady(1000))];
    base.environment.devices[0]!.driver = '580.65';
    head.environment.devices[0]!.driver = '580.95';
    Object.assign(head.plan, { epochs: 7, rounds: 7, seed: 7, warmup: 7, batches: [2, 3] });
    expect(verdicts(base, head)).toEqual(['feed same', 'pin same']);
  });

  it('refuses a base that is not comparable after one that is', () => {
    const odd = recordWith(steady(1000));
    odd.dataset.rows = 11;
    const bases = [
      ['0.json', recordWith(steady(1000))],
      ['1.json', odd],
    ] as const;
    expect(() => compareRecords(bases, [['head.json', recordWith(steady(1000))]], OPTIONS)).toThrow(
      /^1\.json: not comparable with head\.json/,
    );
  });

  it('calls only a large change if p, corrected for the number of rows, cannot be under 5 %', () => {
    // Four against four, two rows: 2 · 2 / C(8, 4) = 0.057.
    const four = (ns: number) => made((_, __, process) => ns * (1 + process / 1000), 4);
    for (const [head, verdict] of [
      [2000, 'regressed'],
      [500, 'improved'],
      [1100, 'inconclusive'],
    ] as const) {
      const [row] = compare(four(1000), four(head)).rows;
      expect(row).toMatchObject({ verdict });
      if (verdict === 'inconclusive')
        expect(row!.note).toMatch(
          /^with 4 processes per side and 2 rows, a change under 25 % .* pinbench ab/,
        );
    }
    const five = (ns: number) => made((_, __, process) => ns * (1 + process / 1000), 5);
    expect(compare(five(1000), five(1100)).rows[0]).toMatchObject({ verdict: 'regressed' });
  });

  it('pools several heads, so that the sequence base, head, head, base cancels a drift', () => {
    // Each run is 4 % slower than the one before it.
    const [first, second, third, fourth] = [1, 1.04, 1.08, 1.12].map((drift) =>
      recordWith(steady(1000 * drift)),
    );
    const { rows, heads } = compareRecords(
      [
        ['base-1.json', first!],
        ['base-2.json', fourth!],
      ],
      [
        ['head-1.json', second!],
        ['head-2.json', third!],
      ],
      OPTIONS,
    );
    expect(rows[0]!.change).toBeCloseTo(1, 2);
    expect(heads).toMatchObject([{ path: 'head-1.json' }, { path: 'head-2.json' }]);
    const [inTurn] = compareRecords([['base.json', first!]], [['head.json', third!]], OPTIONS).rows;
    expect(inTurn!.verdict).toBe('regressed');
  });

  it('refuses heads that are not comparable with each other', () => {
    const other = recordWith(steady(1000));
    other.plan.fetch = 'epoch';
    expect(() =>
      compareRecords(
        [['base.json', recordWith(steady(1000))]],
        [
          ['head-1.json', recordWith(steady(1000))],
          ['head-2.json', other],
        ],
        OPTIONS,
      ),
    ).toThrow(/^head-2\.json: not comparable with head-1\.json: plan fetch epoch, not step/);
  });

  it('ignores only the device with --ignore-device', () => {
    const head = recordWith(steady(1000));
    head.environment.devices[0]!.name = 'NVIDIA A100';
    expect(verdicts(recordWith(steady(1000)), head, { ignoreDevice: true })).toEqual([
      'feed same',
      'pin same',
    ]);
    head.plan.fetch = 'epoch';
    expect(() => compare(recordWith(steady(1000)), head, { ignoreDevice: true })).toThrow(/plan fetch/);
  });
});

describe('compareRecords on simulated machines', () => {
  const step = { metric: 'step', thresholdPercent: 5, processes: 16, machine: STEADY } as const;

  it('calls at most 1 % of A/A pairs and at least 95 % of 10 % slowdowns regressed, with 16 steady processes per side', () => {
    const { falseAlarms, found } = simulateGate(400, step);
    expect(falseAlarms).toBeLessThanOrEqual(4);
    expect(found).toBeGreaterThanOrEqual(380);
  });

  it('calls the same code regressed in at most 1 % of pairs on a shared machine, with one process per side or several', () => {
    for (const metric of ['step', 'speedup'] as const) {
      for (const processes of [1, 4, 16]) {
        const { falseAlarms } = simulateGate(400, { ...step, metric, processes, machine: SHARED });
        expect(falseAlarms, `${metric}, ${processes} processes`).toBeLessThanOrEqual(4);
      }
    }
  });

  it('detects a 10 % loss of speedup across different machines with 16 processes per side', () => {
    const others = { ...SHARED, processSpread: 0.3 };
    const { falseAlarms, found } = simulateGate(400, { ...step, metric: 'speedup', machine: others });
    expect(falseAlarms).toBeLessThanOrEqual(4);
    expect(found).toBeGreaterThanOrEqual(320);
  });
});
