import type { RunRecord } from '../schema.js';

/** An invented record for tests of code that reads records. It has one case with two measured strategies and a skipped one. */
export function sampleRecord(): RunRecord {
  const feedNs = [130, 131, 129, 132, 130, 131].map((ns) => ns * 100);
  const pinNs = [100, 100, 99, 101, 100, 100].map((ns) => ns * 100);
  const inCase = { engine: 'cuda', device: 'NVIDIA H200', batch: 2, work: 1 } as const;
  const measured = {
    ...inCase,
    ...({ status: 'measured', verified: true } as const),
    ...{
      steps: 500,
      stepsPerEpoch: 5,
      epochsMeasured: 100,
      verifiedSteps: 500,
      epochSum: 8555,
      maxRelError: 0,
    },
  };
  return {
    schema: 'pinbench/record@1',
    pinbench: '0.1.0',
    complete: true,
    startedAt: '2026-11-24T04:00:00.000Z',
    argv: ['run', 'data.npy', '--batch', '2'],
    dataset: {
      path: 'data.npy',
      format: 'npy',
      dtype: 'float32',
      castFrom: 'int64',
      rows: 10,
      cols: 3,
      bytes: 120,
    },
    plan: {
      ...{ batches: [2], epochs: 100, warmup: 3, rounds: 6, minTimeNs: 10e6, seed: 1, works: [1] },
      ...({ shuffle: 'once', sampling: 'slice', remainder: 'drop', fetch: 'step' } as const),
      ...({ readback: 'mapped', dtype: 'float32' } as const),
    },
    environment: {
      ...{
        node: 'v20.0.0',
        os: 'linux 6.1',
        arch: 'x64',
        cpu: 'a processor',
        cores: 2,
        memoryBytes: 2 ** 34,
      },
      devices: [{ engine: 'cuda', name: 'NVIDIA H200', gpu: true, runtime: 'CUDA 13.0', clocksCopies: true }],
      overheadNsPerStep: 21,
    },
    results: [
      {
        ...measured,
        strategy: 'feed',
        stepNs: {
          ...{
            median: 13050,
            mean: 13050,
            min: 12000,
            max: 19000,
            p50: 13040,
            p95: 14000,
            p99: 18000,
            mad: 50,
          },
          ci95: [12900, 13200],
        },
        samplesNs: feedNs,
        allocateNs: 50,
        setupNs: 100,
        setupSamplesNs: Array(8).fill(100),
        h2dBytesPerStep: 24,
        h2dBytesSetup: 0,
        rowsPerSecond: 153_257,
        bytesPerSecond: 1_839_080,
      },
      {
        ...measured,
        strategy: 'pin',
        stepNs: {
          ...{ median: 10000, mean: 10000, min: 9000, max: 15000, p50: 9990, p95: 11000, p99: 14000, mad: 0 },
          ci95: [9900, 10100],
        },
        samplesNs: pinNs,
        allocateNs: 1050,
        setupNs: 42_000,
        setupSamplesNs: Array(8).fill(42_000),
        h2dBytesPerStep: 0,
        h2dBytesSetup: 120,
        rowsPerSecond: 200_000,
        bytesPerSecond: 2_400_000,
      },
      { ...inCase, strategy: 'pin-replay', status: 'skipped', reason: 'no | graphs, "here"' },
    ],
    comparisons: [
      {
        ...{ engine: 'cuda', batch: 2, work: 1, baseline: 'feed', strategy: 'pin', speedup: 1.305 },
        ...{ ci95: [1.29, 1.33], verdict: 'faster', breakEvenSteps: 15, breakEvenCi95: [14, 15] },
      } as RunRecord['comparisons'][number],
    ],
    cases: [{ engine: 'cuda', batch: 2, work: 1, rounds: 6, end: 'planned', halfWidthPercent: 1.5 }],
    warnings: [
      {
        ...({ code: 'outliers', engine: 'cuda', strategy: 'feed', batch: 2, work: 1 } as const),
        ...{ outliers: 1, rounds: 6, farthest: 1.4 },
      },
    ],
  };
}
