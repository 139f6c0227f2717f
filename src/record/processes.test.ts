import { describe, expect, it } from 'vitest';
import { recordOfProcesses } from './processes.js';
import { type MeasuredResult, type RunRecord, recordSchema } from './schema.js';
import { sampleSweep } from './testing/sample-sweep.js';

/** The record of a process whose feed takes `feedNs` per step and whose pin is faster by the factor `speedup`. */
const processOf = (feedNs: number, speedup: number): RunRecord => {
  const strategies = { feed: () => feedNs, pin: () => feedNs / speedup };
  const record = sampleSweep({ batches: [2], noise: 0.001, strategies });
  return { ...record, cases: record.cases.map((one) => ({ ...one, end: 'planned' })) };
};
const processThatSkipsPin = (): RunRecord => {
  const record = processOf(10_000, 2);
  const [feed, { engine, device, strategy, batch, work }] = record.results as [
    MeasuredResult,
    MeasuredResult,
  ];
  const row = { engine, device, strategy, batch, work };
  return { ...record, results: [feed, { ...row, status: 'skipped', reason: 'no memory' }], comparisons: [] };
};
const CASE = { engine: 'cuda', batch: 2, work: 1 } as const;
const SPEEDUPS = [1.5, 1.2, 1.4, 1.3, 1.6, 1.7];
const six = SPEEDUPS.map((speedup, i) => processOf(10_000 + 100 * i, speedup));

describe('the record of several processes', () => {
  const record = recordOfProcesses(six);
  const [feed, pin] = record.results as MeasuredResult[];

  it('keeps the process of each sample', () => {
    expect(pin!.roundsPerProcess).toEqual(Array(6).fill(20));
    expect(pin!.samplesNs).toEqual(six.flatMap(({ results }) => (results[1] as MeasuredResult).samplesNs));
    expect(recordSchema.parse(record)).toEqual(record);
    expect(recordOfProcesses([six[0]!]).results).toEqual(six[0]!.results);
  });

  it('takes the interval of the speedup over the processes: with six, from the smallest to the largest', () => {
    const [{ speedup, ci95, verdict }] = record.comparisons as [RunRecord['comparisons'][number]];
    expect(speedup).toBeCloseTo(Math.sqrt(1.4 * 1.5), 3);
    expect(ci95![0]).toBeCloseTo(1.2, 2);
    expect(ci95![1]).toBeCloseTo(1.7, 2);
    expect(verdict).toBe('faster');
    expect(record.cases[0]).toMatchObject({ rounds: 120 });
    expect(record.cases[0]!.halfWidthPercent).toBeCloseTo(100 * (Math.sqrt(1.7 / 1.2) - 1), 0);
  });

  it('has no interval with fewer than six processes, and warns about it', () => {
    const five = recordOfProcesses(six.slice(0, 5));
    expect(five.comparisons[0]).toMatchObject({ ci95: null, verdict: 'inconclusive' });
    expect(five.warnings).toEqual([{ code: 'few-processes', processes: 5, needed: 6 }]);
    expect(record.warnings).toEqual([]);
  });

  it('warns about the budget of the command, with the rounds of all processes', () => {
    const [share, asked] = [{ budgetNs: 1.9e9 }, { processes: 8, budgetNs: 12e9 }];
    const cut = six.map((one) => ({
      ...one,
      plan: { ...one.plan, ...share },
      cases: one.cases.map((end) => ({ ...end, end: 'budget' as const })),
      warnings: [{ code: 'budget-cut' as const, ...share, cases: [{ ...CASE, rounds: 20 }] }],
    }));
    const { plan, cases, warnings } = recordOfProcesses(cut, { asked });
    expect(plan).toMatchObject(asked);
    expect(cases).toMatchObject([{ rounds: 120, end: 'budget' }]);
    expect(warnings).toEqual([{ code: 'budget-cut', budgetNs: 12e9, cases: [{ ...CASE, rounds: 120 }] }]);
  });

  it('warns about a budget that left no time for all processes', () => {
    const { cases, warnings } = recordOfProcesses(six.slice(0, 5), {
      asked: { processes: 6, budgetNs: 12e9 },
      end: 'budget',
    });
    expect(cases).toMatchObject([{ rounds: 100, end: 'budget' }]);
    expect(warnings).toEqual([
      { code: 'budget-cut', budgetNs: 12e9, cases: [{ ...CASE, rounds: 100 }] },
      { code: 'few-processes', processes: 5, needed: 6, end: 'budget' },
    ]);
  });

  it('warns if the interval over the processes did not become as narrow as --until asks', () => {
    const { halfWidthPercent } = record.cases[0]!;
    const warningsWith = (untilPercent: number) =>
      recordOfProcesses(six, { asked: { untilPercent } }).warnings;
    expect(warningsWith(10)).toEqual([
      { code: 'until-not-reached', ...CASE, rounds: 120, untilPercent: 10, halfWidthPercent },
    ]);
    expect(warningsWith(50)).toEqual([]);
  });

  it('gives step times the range over the processes and no interval', () => {
    expect(feed!.stepNs.ci95).toBeNull();
    expect(feed!.stepNs.median).toBeCloseTo(10_250, 0);
    expect(feed!.stepNs.range![0]).toBeCloseTo(10_000, 0);
    expect(feed!.stepNs.range![1]).toBeCloseTo(10_500, 0);
  });

  it('adds up the steps and uploads of all processes', () => {
    expect(feed).toMatchObject({ steps: 48_000, verifiedSteps: 48_000 });
    expect(feed!.setupSamplesNs).toHaveLength(48);
    expect(feed!.rowsPerSecond).toBeCloseTo((2 / feed!.stepNs.median) * 1e9, 0);
  });

  it('drops a process that measured other rows and reports it with the lost processes', () => {
    const odd = sampleSweep({ batches: [2], strategies: { feed: () => 10_000 } });
    const { warnings, results } = recordOfProcesses([...six, odd], { lost: [{ reason: 'killed' }] });
    expect((results[0] as MeasuredResult).roundsPerProcess).toHaveLength(6);
    expect(warnings).toEqual([
      { code: 'processes-lost', processes: 2, reasons: ['killed', 'it measured other rows'] },
    ]);
  });

  it('keeps the processes that measured the same rows as most others, whichever was the first', () => {
    const less = processThatSkipsPin();
    const { results, warnings } = recordOfProcesses([less, six[0]!, less, six[1]!, six[2]!]);
    expect(results.map(({ status }) => status)).toEqual(['measured', 'measured']);
    expect(results[1]).toMatchObject({ roundsPerProcess: [20, 20, 20] });
    expect(warnings).toContainEqual({
      ...{ code: 'processes-lost', processes: 2 },
      reasons: ['it measured other rows'],
    });
  });

  it('keeps the processes that measured more rows if as many measured fewer', () => {
    const less = processThatSkipsPin();
    for (const records of [
      [less, six[0]!],
      [six[0]!, less],
    ])
      expect(recordOfProcesses(records).results).toEqual(six[0]!.results);
  });

  it('keeps each warning about the device and the data once, and drops those about single processes', () => {
    const shared = { code: 'no-gpu', engine: 'cpu', device: 'a processor' } as const;
    const own = { code: 'few-rounds', rounds: 5, needed: 6 } as const;
    const warned = six.map((one) => ({ ...one, warnings: [shared, own] }));
    expect(recordOfProcesses(warned).warnings).toEqual([shared]);
  });
});
