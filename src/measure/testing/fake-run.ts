import { type PlanRequest, planCells } from '../../plan/plan.js';
import { strategiesNamed } from '../../plan/strategy.js';
import type { StrategyName } from '../../words.js';
import type { MeasureRequest } from '../measure.js';
import { silent } from '../progress.js';
import { datasetOf, FakeDevice, type FakeScript, VirtualClock } from './fake-engine.js';

/** What a fake run may be told beside its script. */
export interface FakeRun extends Partial<PlanRequest> {
  readonly strategies?: readonly StrategyName[];
  readonly rows?: number;
}

/** A fake device and the request that measures it, in virtual time. */
export function fakeRun(
  script: FakeScript,
  { strategies = ['feed', 'pin'], rows = 4, ...plan }: FakeRun = {},
) {
  const device = new FakeDevice(new VirtualClock(), script);
  const dataset = datasetOf(rows, 1);
  const request: MeasureRequest = {
    dataset,
    plans: planCells(
      { rows, cols: 1, dtype: 'float32' },
      {
        batches: [rows],
        works: [1],
        epochs: 20,
        warmup: 0,
        shuffle: 'none',
        sampling: 'slice',
        seed: 1,
        remainder: 'drop',
        fetch: 'step',
        readback: 'mapped',
        ...plan,
      },
    ),
    strategies: strategiesNamed(strategies),
    engines: [device.opened],
    clock: device.clock,
    progress: silent,
  };
  return { device, request };
}
