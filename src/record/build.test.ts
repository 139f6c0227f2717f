import { describe, expect, it } from 'vitest';
import { measure } from '../measure/measure.js';
import { datasetOf } from '../measure/testing/fake-engine.js';
import { fakeRun } from '../measure/testing/fake-run.js';
import { buildRecord } from './build.js';
import { type MeasuredResult, recordSchema } from './schema.js';
import { sampleRecord } from './testing/sample-record.js';
import { warningsOf } from './warnings.js';

const ENVIRONMENT = { node: 'v20', os: 'linux', arch: 'x64', cpu: 'cpu', cores: 2, memoryBytes: 1e9 };
/** Exactly 20 epochs. */
const EXACTLY = { epochs: 20, minTimeNs: 0 };

async function recordOf(
  script: Parameters<typeof fakeRun>[0],
  options: Parameters<typeof fakeRun>[1] = {},
  notFinite = { nan: 0, infinite: 0, lookedAt: 4 },
  dataset = datasetOf(4, 1),
) {
  const { request, settings, plans } = fakeRun(script, { ...EXACTLY, ...options });
  return buildRecord({
    ...{ version: '0.1.0', startedAt: new Date('2026-11-24T00:00:00Z'), argv: ['run'], settings, plans },
    ...{ dataset, environment: ENVIRONMENT, engines: request.engines, notFinite },
    outcome: await measure(request),
  });
}

describe('buildRecord', () => {
  const stepNs = (strategy: string) => (strategy === 'pin' ? 2000 : 3000);
  const setupNs = (strategy: string) => (strategy === 'pin' ? 9500 : 500);
  const allocateNs = (strategy: string) => (strategy === 'pin' ? 1500 : 500);

  it('writes a record that its own schema reads unchanged after a round trip through JSON', async () => {
    const record = await recordOf({ stepNs, setupNs });
    expect(recordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it('records the phases of a step, or why there are none', async () => {
    const measured = async (onPhases: () => { reason: string } | undefined) => {
      const { results } = await recordOf({ stepNs, onPhases });
      return results[0] as MeasuredResult;
    };
    const told = await measured(() => undefined);
    expect(told.phasesNs).toEqual({ copy: 1, graph: 1, fetch: 1, host: 2997 });
    expect(told).not.toHaveProperty('phasesReason');
    const untold = await measured(() => ({ reason: 'copies wait' }));
    expect(untold.phasesReason).toBe('copies wait');
    expect(untold).not.toHaveProperty('phasesNs');
  });

  it('warns about overflowing sums once per case, unless the data itself is not finite', () => {
    const { dataset, results } = sampleRecord();
    for (const result of results) if (result.status === 'measured') result.epochSum = 'Infinity';
    const warnings = (nan: number) =>
      warningsOf(
        dataset,
        [],
        results,
        { untilPercent: undefined, budgetNs: undefined },
        { leftOut: [] },
        { ended: [] },
        { nan, infinite: 0, lookedAt: 30 },
      ).filter(({ code }) => code === 'overflow');
    expect(warnings(0)).toEqual([{ code: 'overflow', engine: 'cuda', batch: 2, work: 1 }]);
    expect(warnings(1)).toEqual([]);
    for (const result of results) if (result.status === 'measured') result.epochSum = 8555;
    expect(warnings(0)).toEqual([]);
  });

  it('counts the left-out columns by reason and names the first eight', async () => {
    const others = Array.from({ length: 20 }, (_, i) => ({
      name: `c${i}`,
      type: 'Utf8',
      why: 'no-numbers' as const,
    }));
    const leftOut = [...others, { name: 'id', type: 'Int64', why: 'pandas-index' as const }];
    const { dataset } = await recordOf({}, {}, undefined, { ...datasetOf(4, 1), leftOut });
    expect(dataset.leftOut).toEqual([
      { why: 'no-numbers', columns: 20, names: ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'] },
      { why: 'pandas-index', columns: 1, names: ['id'] },
    ]);
  });

  it('derives every figure of a result from the measured times', async () => {
    const record = await recordOf({ stepNs: (name) => stepNs(name) / 2, setupNs, allocateNs }, { batch: 2 });
    const [feed, pin] = record.results as MeasuredResult[];
    expect(feed).toMatchObject({
      ...{ engine: 'cuda', device: 'fake device', strategy: 'feed', batch: 2, work: 1, status: 'measured' },
      ...{ steps: 40, stepsPerEpoch: 2, epochsMeasured: 20, verifiedSteps: 40 },
      ...{ allocateNs: 500, setupNs: 500, setupSamplesNs: Array(8).fill(500) },
      ...{ h2dBytesPerStep: 8, h2dBytesSetup: 0, verified: true, epochSum: 14, maxRelError: 0 },
    });
    expect(feed!.stepNs).toMatchObject({
      median: 1500,
      mean: 1500,
      mad: 0,
      ci95: [1500, 1500],
      min: 1500,
      max: 1500,
    });
    expect(feed!.rowsPerSecond).toBeCloseTo(2 / 1.5e-6, 3);
    expect(feed!.bytesPerSecond).toBeCloseTo(8 / 1.5e-6, 3);
    expect(pin).toMatchObject({ h2dBytesPerStep: 0, h2dBytesSetup: 16, samplesNs: Array(20).fill(1000) });
  });

  it('records the options of the run in the plan, as the table of options specifies', async () => {
    const { plan, cases } = await recordOf({}, { batch: '1..8', work: [1, 2], modelNs: 7 });
    expect(plan).toEqual({
      ...{
        batches: [1, 2, 4],
        works: [1, 2],
        epochs: 20,
        warmup: 0,
        minTimeNs: 0,
        rounds: 20,
        seed: 1,
        modelNs: 7,
      },
      ...{
        shuffle: 'none',
        sampling: 'slice',
        remainder: 'drop',
        fetch: 'step',
        readback: 'mapped',
        dtype: 'float32',
      },
    });
    expect(cases[0]).toEqual({
      engine: 'cuda',
      batch: 1,
      work: 1,
      rounds: 20,
      end: 'planned',
      halfWidthPercent: 0,
    });
    expect(cases).toHaveLength(6);
  });

  it('compares with feed and turns allocation and upload into break-even steps', async () => {
    const { comparisons } = await recordOf({ stepNs, setupNs, allocateNs }, { modelNs: 7000 });
    expect(comparisons).toHaveLength(1);
    expect(comparisons[0]).toMatchObject({
      ...{ engine: 'cuda', batch: 4, work: 1, baseline: 'feed', strategy: 'pin', verdict: 'faster' },
      ...{ breakEvenSteps: 10, breakEvenCi95: [10, 10] },
    });
    expect(comparisons[0]!.speedup).toBeCloseTo(1.5, 12);
    expect(comparisons[0]!.modelSpeedup).toBeCloseTo(10 / 9, 12);
  });

  it('has no break-even if pin saves nothing', async () => {
    const slower = await recordOf({ stepNs: (s) => (s === 'pin' ? 3000 : 2000), setupNs });
    expect(slower.comparisons[0]).toMatchObject({
      verdict: 'slower',
      breakEvenSteps: null,
      breakEvenCi95: null,
    });
    const same = await recordOf({ stepNs: () => 2000, setupNs });
    expect(same.comparisons[0]).toMatchObject({ verdict: 'same', breakEvenSteps: null });
  });

  it('has no interval and an inconclusive verdict with fewer than 6 rounds, and warns about it', async () => {
    const { results, comparisons, cases, warnings } = await recordOf({ stepNs }, { epochs: 5 });
    expect((results[0] as MeasuredResult).stepNs.ci95).toBeNull();
    expect(comparisons[0]).toMatchObject({ ci95: null, verdict: 'inconclusive', breakEvenSteps: null });
    expect(cases[0]!.halfWidthPercent).toBeNull();
    expect(warnings).toContainEqual({ code: 'few-rounds', rounds: 5, needed: 6, end: 'planned' });
  });

  it('warns about the batch sizes of a range that have more rows than the dataset', async () => {
    const { warnings } = await recordOf({}, { batch: '1..16' });
    expect(warnings).toContainEqual({ code: 'batches-left-out', batches: [8, 16], rows: 4 });
  });

  it('warns once about all cases that a budget cut short', async () => {
    let calls = 0;
    const noisy = () => 1e6 * (1 + (++calls % 5));
    const options = { epochs: undefined, minTimeNs: undefined, batch: [4, 2], budgetNs: 2e9 } as const;
    const { warnings, complete } = await recordOf({ stepNs: noisy }, options);
    expect(complete).toBe(true);
    const cut = warnings.filter(({ code }) => code === 'budget-cut');
    expect(cut).toMatchObject([{ budgetNs: 2e9, cases: [{ batch: 4 }, { batch: 2 }] }]);
  });

  it('warns if --until was not reached', async () => {
    let calls = 0;
    const noisy = () => 1e7 * (1 + (++calls % 5));
    const options = { epochs: undefined, minTimeNs: undefined, untilPercent: 0.5 } as const;
    const { warnings } = await recordOf({ stepNs: noisy }, options);
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'until-not-reached', untilPercent: 0.5, batch: 4 }),
    );
  });

  it('warns about values that are not finite, and only then', async () => {
    const { warnings } = await recordOf({}, {}, { nan: 1, infinite: 0, lookedAt: 4 });
    expect(warnings).toContainEqual({ code: 'not-finite', nan: 1, infinite: 0, lookedAt: 4, values: 4 });
    expect((await recordOf({})).warnings.map(({ code }) => code)).not.toContain('not-finite');
  });

  it('states why a run is incomplete', async () => {
    let calls = 0;
    const tamper = () => {
      if (++calls === 10) throw new Error('out of tensors');
    };
    const record = await recordOf({ tamper });
    expect(record).toMatchObject({ complete: false, reason: 'engine cuda: out of tensors' });
    expect(recordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it('compares nothing if feed was not measured', async () => {
    expect((await recordOf({}, { strategy: ['pin', 'zero-copy'] })).comparisons).toEqual([]);
  });

  it('keeps outliers and counts them in a warning', async () => {
    let calls = 0;
    const spiky = () => {
      calls += 1;
      return calls === 13 ? 9000 : 1000 + (calls % 7);
    };
    const { results, warnings } = await recordOf({ stepNs: spiky });
    const slowest = Math.max(...(results as MeasuredResult[]).flatMap((r) => r.samplesNs));
    expect(slowest).toBe(9000);
    expect(warnings.filter(({ code }) => code === 'outliers')).toMatchObject([{ outliers: 1, rounds: 20 }]);
  });

  it('records a skipped strategy with its reason', async () => {
    const { results } = await recordOf({
      supports: ({ name }) => (name === 'pin' ? { reason: 'too large' } : 'yes'),
    });
    expect(results[1]).toEqual({
      ...{ engine: 'cuda', device: 'fake device', strategy: 'pin', batch: 4, work: 1, status: 'skipped' },
      reason: 'too large',
    });
  });

  it('accepts data with a NaN, whose sum is NaN', async () => {
    const { request } = fakeRun({}, EXACTLY);
    (request.dataset.values as Float32Array)[0] = Number.NaN;
    const outcome = await measure(request);
    expect(outcome.measurements[0]).toMatchObject({
      status: 'measured',
      epochSum: Number.NaN,
      maxRelError: 0,
    });
  });
});
