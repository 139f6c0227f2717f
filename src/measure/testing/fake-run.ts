import type { RunSettings } from '../../options.js';
import { plansOf } from '../../plan/plan.js';
import { strategiesNamed } from '../../plan/strategy.js';
import { settingsOf } from '../../settings.js';
import { STRATEGIES } from '../../words.js';
import type { MeasureRequest } from '../measure.js';
import { silent } from '../progress.js';
import { datasetOf, FakeDevice, type FakeScript, VirtualClock } from './fake-engine.js';

/** The options of a fake run besides its script: the options of a run, the rows of its dataset and its clock. */
export interface FakeRun extends RunSettings {
  readonly rows?: number;
  readonly clock?: VirtualClock;
}

/**
 * A fake device and the request that measures it, in virtual time. The dataset has one column; without a batch, one epoch is one
 * step.
 */
export function fakeRun(
  script: FakeScript,
  { rows = 4, clock = new VirtualClock(), ...options }: FakeRun = {},
) {
  const device = new FakeDevice(clock, script);
  const dataset = datasetOf(rows, 1);
  const settings = settingsOf({ shuffle: 'none', batch: rows, warmup: 0, ...options });
  const plans = plansOf({ rows, cols: 1, dtype: 'float32' }, settings);
  const request: MeasureRequest = {
    ...{ dataset, plans: plans.plans, engines: [device.opened], settings, clock, startedNs: 0 },
    strategies: strategiesNamed(settings.strategy === 'all' ? STRATEGIES : settings.strategy),
    budgetNs: settings.budgetNs,
    progress: silent,
  };
  return { device, request, settings, plans };
}
