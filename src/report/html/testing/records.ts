import { comparisonsOf } from '../../../record/comparison.js';
import type { MeasuredResult, Result, RunRecord } from '../../../record/schema.js';
import { type SweepOf, sampleSweep } from '../../../record/testing/sample-sweep.js';
import { medianInterval } from '../../../stats/interval.js';
import type { StrategyName } from '../../../words.js';

const ROW_BYTES = 256;

/** The time of a step in ns: a fixed cost plus its bytes at a bandwidth in GB/s; more work multiplies only the second part. */
function costs(fixedNs: number, bytesPerNs: number) {
  return (batch: number, work: number) => fixedNs + (batch * ROW_BYTES * work) / bytesPerNs;
}

/** Step times similar to those of a data-centre GPU. */
export const GPU_STEPS = {
  feed: costs(8_800, 11.6),
  pin: costs(9_600, 410),
  'feed-locked': costs(9_300, 24.5),
  'feed-ahead': costs(11_200, 47),
  'feed-chunk': costs(7_400, 24),
  'pin-replay': costs(3_100, 430),
  'zero-copy': costs(6_900, 22),
} as const satisfies Record<StrategyName, (batch: number, work: number) => number>;

/** Random numbers from 0 to 1, the same in every run of the tests. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The parameters of a made-up record: those of a sweep, and a few more. */
export interface Shape extends Partial<SweepOf> {
  readonly names?: readonly StrategyName[];
  readonly rounds?: number;
  readonly seed?: number;
}

/** A made-up record of a run on a GPU: rounds with noise, drift and outliers, the parts of a step, and states of the device. */
export function gpuRecord({
  names = ['feed', 'pin'],
  rounds = 40,
  seed = 7,
  ...rest
}: Shape = {}): RunRecord {
  const random = seeded(seed);
  const strategies = Object.fromEntries(names.map((name) => [name, GPU_STEPS[name]]));
  const record = sampleSweep({
    ...{ strategies, allocateNs: 310_000, setupNs: 24_600_000, rowBytes: ROW_BYTES },
    ...{ freeBytes: 143_000_000_000, l2Bytes: 60 * 2 ** 20, phases },
    ...rest,
  });
  const results = record.results.map((result) =>
    result.status === 'measured' ? varied(result, rounds, random) : result,
  );
  return { ...record, results, comparisons: comparisonsOf(results) };
}

function phases(strategy: StrategyName, batch: number): MeasuredResult['phasesNs'] {
  const step = GPU_STEPS[strategy](batch, 1);
  const [copy, graph, fetch] = [
    strategy.startsWith('pin') ? 0 : 1_300 + (batch * ROW_BYTES) / 25,
    1_900 + (batch * ROW_BYTES) / 900,
    1_150,
  ];
  return { copy, graph, fetch, host: Math.max(0, step - copy - graph - fetch) };
}

function varied(result: MeasuredResult, rounds: number, random: () => number): Result {
  const { median } = result.stepNs;
  const samplesNs = Array.from({ length: rounds }, (_, i) => {
    const noise = (random() + random() + random() - 1.5) * 0.012;
    const drift = (i / rounds) * 0.008;
    const outlier = random() > 0.985 ? 0.05 + random() * 0.2 : 0;
    return median * (1 + noise + drift + outlier);
  });
  const sorted = [...samplesNs].sort((a, b) => a - b);
  const ci95 = medianInterval(samplesNs);
  return {
    ...result,
    samplesNs,
    stepNs: {
      ...{ median: sorted[rounds >> 1]!, mean: median, mad: median * 0.004, ci95: ci95 && [...ci95] },
      ...{
        min: sorted[0]! * 0.97,
        max: median * 2.1,
        p50: median * 0.996,
        p95: median * 1.02,
        p99: median * 1.09,
      },
    },
    setupSamplesNs: result.setupSamplesNs.map((ns) => Math.round(ns * (1 + random() * 0.02))),
    conditions: samplesNs.map((_, i) => {
      const state = {
        smMHz: 1_980 - (i % 4) * 15,
        memoryMHz: 3_201,
        watts: 140 + (i % 9) * 11,
        celsius: 36 + Math.round(i / 8),
      };
      return { before: state, after: { ...state, throttled: [] } };
    }),
  };
}
