import { describe, expect, it } from 'vitest';
import { measure } from '../measure/measure.js';
import { datasetOf } from '../measure/testing/fake-engine.js';
import { fakeRun } from '../measure/testing/fake-run.js';
import { buildRecord } from './build.js';
import { type MeasuredResult, recordSchema } from './schema.js';

const ENVIRONMENT = { node: 'v20', os: 'linux', arch: 'x64', cpu: 'cpu', cores: 2, memoryBytes: 1e9 };

async function recordOf(
  script: Parameters<typeof fakeRun>[0],
  options: Parameters<typeof fakeRun>[1] = {},
  modelNs?: number,
) {
  const { request } = fakeRun(script, options);
  const {
    batch: _batch,
    work,
    stepsPerEpoch: _steps,
    rowsPerEpoch: _rows,
    rounds: _rounds,
    ...rest
  } = request.plans[0]!;
  return buildRecord({
    version: '0.1.0',
    startedAt: new Date('2026-11-24T00:00:00Z'),
    argv: ['run'],
    dataset: datasetOf(4, 1),
    request: { ...rest, batches: options.batches ?? [4], works: [work], dtype: 'float32', modelNs },
    environment: ENVIRONMENT,
    engines: request.engines,
    outcome: await measure(request),
  });
}

describe('buildRecord', () => {
  const epochNs = (strategy: string) => (strategy === 'pin' ? 2000 : 3000);
  const setupNs = (strategy: string) => (strategy === 'pin' ? 10_500 : 500);

  it('writes what its own schema reads, unchanged by a way through JSON', async () => {
    const record = await recordOf({ epochNs, setupNs });
    expect(recordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it('derives every figure of a result from what the clock said', async () => {
    const [feed, pin] = (await recordOf({ epochNs, setupNs }, { batches: [2] })).results as MeasuredResult[];
    expect(feed).toMatchObject({
      ...{ engine: 'cuda', device: 'fake device', strategy: 'feed', batch: 2, work: 1, status: 'measured' },
      ...{ steps: 40, stepsPerEpoch: 2, setupNs: 500, h2dBytesPerStep: 8, h2dBytesSetup: 0, verified: true },
      ...{ epochSum: 14, maxRelError: 0 },
    });
    expect(feed!.stepNs).toMatchObject({
      median: 1500,
      mean: 1500,
      mad: 0,
      ci95: [1500, 1500],
      min: 1000,
      max: 1500,
    });
    expect(feed!.rowsPerSecond).toBeCloseTo(2 / 1.5e-6, 3);
    expect(feed!.bytesPerSecond).toBeCloseTo(8 / 1.5e-6, 3);
    expect(pin).toMatchObject({ h2dBytesPerStep: 0, h2dBytesSetup: 16, samplesNs: Array(20).fill(1000) });
  });

  it('compares with feed and turns setup into break-even steps', async () => {
    const { comparisons } = await recordOf({ epochNs, setupNs }, {}, 7000);
    expect(comparisons).toHaveLength(1);
    expect(comparisons[0]).toMatchObject({
      ...{
        engine: 'cuda',
        batch: 4,
        work: 1,
        baseline: 'feed',
        strategy: 'pin',
        verdict: 'faster',
        breakEvenSteps: 10,
      },
    });
    expect(comparisons[0]!.speedup).toBeCloseTo(1.5, 12);
    expect(comparisons[0]!.modelSpeedup).toBeCloseTo(10 / 9, 12);
  });

  it('has no break-even where pin saves nothing', async () => {
    const slower = await recordOf({ epochNs: (s) => (s === 'pin' ? 3000 : 2000), setupNs });
    expect(slower.comparisons[0]).toMatchObject({ verdict: 'slower', breakEvenSteps: null });
    const same = await recordOf({ epochNs: () => 2000, setupNs });
    expect(same.comparisons[0]).toMatchObject({ verdict: 'same', breakEvenSteps: null });
  });

  it('has no interval and no verdict under 6 rounds, and warns of it', async () => {
    const { results, comparisons, warnings } = await recordOf({ epochNs }, { epochs: 5 });
    expect((results[0] as MeasuredResult).stepNs.ci95).toBeNull();
    expect(comparisons[0]).toMatchObject({ ci95: null, verdict: 'inconclusive', breakEvenSteps: null });
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'few-rounds', rounds: 5, needed: 6 }));
  });

  it('compares nothing where feed was not measured', async () => {
    expect((await recordOf({}, { strategies: ['pin', 'zero-copy'] })).comparisons).toEqual([]);
  });

  it('keeps outliers and counts them in a warning', async () => {
    let calls = 0;
    const spiky = () => {
      calls += 1;
      return calls === 13 ? 9000 : 1000 + (calls % 7);
    };
    const { results, warnings } = await recordOf({ epochNs: spiky });
    const slowest = Math.max(...(results as MeasuredResult[]).flatMap((r) => r.samplesNs));
    expect(slowest).toBe(9000 / 1);
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

  it('writes a sum that is no number as text, since JSON has none', async () => {
    const { request } = fakeRun({});
    (request.dataset.values as Float32Array)[0] = Number.NaN;
    const outcome = await measure(request);
    expect(outcome.measurements[0]).toMatchObject({
      status: 'measured',
      epochSum: Number.NaN,
      maxRelError: 0,
    });
  });
});
