import { randomOf } from '../../plan/batches.js';
import type { RunRecord } from '../../record/schema.js';
import { sampleRecord } from '../../record/testing/sample-record.js';
import { compareRecords } from '../compare.js';

const ROUNDS = 20;
const NOISE = 0.02;
const SPIKES = { share: 0.05, times: 1.5 } as const;
/** What a whole run may be off by: half a percent to either side. */
const DRIFT = 0.01;
const SLOWDOWN = 1.1;

/** The sample record with other rounds: `of` makes each from the strategy and the round, in ns. */
export function recordWith(of: (strategy: string, round: number) => number): RunRecord {
  const record = sampleRecord();
  const results = record.results.map((result) =>
    result.status === 'skipped'
      ? result
      : {
          ...result,
          samplesNs: Array.from({ length: ROUNDS }, (_, round) => of(result.strategy, round)),
        },
  );
  return { ...record, results };
}

/** A run on a shared machine: 20 rounds with 2 % noise, a spike of 1.5 times in 5 of 100, and a drift of its own. */
function simulated(run: number, ns: number): RunRecord {
  const random = randomOf(run, 'order', 0);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const drift = 1 + (uniform() - 0.5) * DRIFT;
  return recordWith(
    () => ns * drift * (1 + NOISE * normal()) * (uniform() < SPIKES.share ? SPIKES.times : 1),
  );
}

/** Of `pairs` runs against another of the same code, and of as many against one 10 % slower, how many are called regressed. */
export function simulateGate(pairs: number): { falseAlarms: number; found: number } {
  const options = { thresholdPercent: 5, metric: 'step', ignoreDevice: false } as const;
  let [falseAlarms, found] = [0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const base = simulated(3 * pair, 1000);
    const isRegressed = (head: RunRecord) =>
      compareRecords([['base', base]], ['head', head], options).rows.some(
        ({ verdict }) => verdict === 'regressed',
      );
    if (isRegressed(simulated(3 * pair + 1, 1000))) falseAlarms++;
    if (isRegressed(simulated(3 * pair + 2, 1000 * SLOWDOWN))) found++;
  }
  return { falseAlarms, found };
}
