import { randomOf } from '../../plan/batches.js';
import type { RunRecord } from '../../record/schema.js';
import { sampleRecord } from '../../record/testing/sample-record.js';
import { type CompareOptions, compareRecords } from '../compare.js';

const ROUNDS = 20;
const NOISE = 0.02;
const SPIKES = { share: 0.05, times: 1.5 } as const;
/** How far a machine drifts within a run: up to 1 % to either side, from its first round to its last. */
const DRIFT = 0.01;
/** What shall be found: `pin` takes a tenth longer, `feed` does where times are compared. */
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

/** Runs on simulated machines, and how they are compared. */
export interface Gate extends Pick<CompareOptions, 'metric' | 'thresholdPercent'> {
  /** Records of the base; there is one of the head. */
  readonly bases: number;
  /** What runs of the same code differ by: the standard deviation of the logs of their levels. */
  readonly runSpread: number;
}

/** A gate of one base and one head, on a machine whose runs differ by 0.3 %. */
export const USUAL: Gate = { metric: 'step', thresholdPercent: 5, bases: 1, runSpread: 0.003 };

/** Of `pairs` comparisons of the same code, and of as many with a head 10 % slower, how many have a row called regressed. */
export function simulateGate(
  pairs: number,
  { bases, runSpread, metric, thresholdPercent }: Gate,
): { falseAlarms: number; found: number } {
  const options = { thresholdPercent, metric, ignoreDevice: false } as const;
  let [falseAlarms, found] = [0, 0];
  let run = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const before = Array.from({ length: bases }, () => ['base', simulated(run++, runSpread)] as const);
    const isRegressed = (head: RunRecord) =>
      compareRecords(before, [['head', head]], options).rows.some(({ verdict }) => verdict === 'regressed');
    if (isRegressed(simulated(run++, runSpread))) falseAlarms++;
    const slowed = (strategy: string) => (metric === 'step' || strategy === 'pin' ? SLOWDOWN : 1);
    if (isRegressed(simulated(run++, runSpread, slowed))) found++;
  }
  return { falseAlarms, found };
}

/** A run on a shared machine: a level of its own, drift, 2 % noise, and a spike of 1.5 times in 5 rounds of 100. */
function simulated(run: number, runSpread: number, slowed = (_: string) => 1): RunRecord {
  const random = randomOf(run, 'order', 0);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const level = Math.exp(runSpread * normal());
  const drift = (2 * uniform() - 1) * DRIFT;
  return recordWith((strategy, round) => {
    const machine = level * (1 + drift * (round / (ROUNDS - 1)));
    const noise = (1 + NOISE * normal()) * (uniform() < SPIKES.share ? SPIKES.times : 1);
    return 1000 * slowed(strategy) * machine * noise;
  });
}
