import type { EngineName, StrategyName } from '../../words.js';
import { comparisonsOf } from '../comparison.js';
import type { MeasuredResult, Result, RunRecord } from '../schema.js';
import { sampleRecord } from './sample-record.js';

/** The parameters of an invented record. Step times are functions of the batch size and the work, ns. */
export interface SweepOf {
  readonly engine?: EngineName;
  readonly gpu?: boolean;
  readonly batches?: readonly number[];
  readonly works?: readonly number[];
  readonly strategies: Partial<Record<StrategyName, (batch: number, work: number) => number>>;
  /** Rounds vary by this share of a step, alternately up and down. */
  readonly noise?: number;
  readonly phases?: (strategy: StrategyName, batch: number) => MeasuredResult['phasesNs'];
  readonly rows?: number;
  /** Size of a row of the dataset in bytes. */
  readonly rowBytes?: number;
  readonly freeBytes?: number;
  readonly l2Bytes?: number;
  readonly modelNs?: number;
  readonly allocateNs?: number;
  readonly setupNs?: number;
}

/** Powers of two from 1 to 65,536. */
export const SIXTEEN_DOUBLINGS = Array.from({ length: 17 }, (_, i) => 2 ** i);

/** An invented record of several batch sizes and works for tests of code that reads records. */
export function sampleSweep({
  engine = 'cuda',
  gpu = engine !== 'cpu',
  batches = SIXTEEN_DOUBLINGS,
  works = [1],
  strategies,
  noise = 0.01,
  phases,
  rows = 2 ** 20,
  rowBytes = 256,
  freeBytes,
  l2Bytes,
  modelNs,
  allocateNs = 1000,
  setupNs = 1e6,
}: SweepOf): RunRecord {
  const base = sampleRecord();
  const device = gpu ? 'NVIDIA H200' : 'a processor';
  const results: Result[] = [];
  for (const work of works) {
    for (const batch of batches) {
      for (const [name, stepOf] of Object.entries(strategies)) {
        const strategy = name as StrategyName;
        const phasesNs = phases?.(strategy, batch);
        const row = { engine, device, strategy, batch, work };
        const median = stepOf(batch, work);
        const resident = strategy.startsWith('pin');
        results.push({
          ...row,
          status: 'measured',
          ...{
            steps: 8000,
            stepsPerEpoch: Math.floor(rows / batch),
            epochsMeasured: 8000 / Math.floor(rows / batch),
          },
          verifiedSteps: 8000,
          stepNs: {
            median,
            mean: median,
            min: median * 0.9,
            max: median * 2,
            mad: median * noise,
            ci95: [median * (1 - noise), median * (1 + noise)],
          },
          ...(phasesNs && { phasesNs }),
          samplesNs: Array.from(
            { length: 20 },
            (_, round) => median * (1 + (round % 2 === 0 ? noise : -noise) * (resident ? 1 : -1)),
          ),
          ...{ allocateNs: resident ? allocateNs : 0, setupNs: resident ? setupNs : 100 },
          setupSamplesNs: Array(8).fill(resident ? setupNs : 100),
          ...{
            h2dBytesPerStep: resident ? 0 : batch * rowBytes,
            h2dBytesSetup: resident ? rows * rowBytes : 0,
          },
          ...{ rowsPerSecond: (batch / median) * 1e9, bytesPerSecond: ((batch * rowBytes) / median) * 1e9 },
          ...{ epochSum: 1, maxRelError: 0, verified: true },
        });
      }
    }
  }
  const cases = works.flatMap((work) => batches.map((batch) => ({ engine, batch, work })));
  return {
    ...base,
    argv: ['run', 'data.npy', '--batch', batches.join(',')],
    dataset: { ...base.dataset, rows, cols: rowBytes / 4, bytes: rows * rowBytes },
    plan: {
      ...base.plan,
      batches: [...batches],
      works: [...works],
      ...(modelNs !== undefined && { modelNs }),
    },
    environment: {
      ...base.environment,
      devices: [
        {
          ...{
            engine,
            name: device,
            gpu,
            runtime: gpu ? 'CUDA 13.0' : 'TensorFlow.js 4.22',
            clocksCopies: gpu,
          },
          ...(freeBytes !== undefined && { freeBytes }),
          ...(l2Bytes !== undefined && { l2Bytes }),
        },
      ],
    },
    results,
    comparisons: comparisonsOf(results, modelNs),
    cases: cases.map((one) => ({ ...one, rounds: 20, end: 'until', halfWidthPercent: noise * 100 })),
    warnings: [],
  };
}
