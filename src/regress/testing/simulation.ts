import { randomOf } from '../../plan/random.js';
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

/** A machine, by what runs of the same code on it differ by: standard deviations of the logs of their levels. */
export interface Machine {
  /** Of a whole run. */
  readonly runSpread: number;
  /** Of each row of a run besides. */
  readonly rowSpread: number;
}

/** A machine whose runs agree: what is left is noise, spikes and drift within a run. */
export const STEADY: Machine = { runSpread: 0.003, rowSpread: 0 };
/** A machine on a shared host, where step times of runs differ by 3.3 % and speedups by 1.7 %. */
export const SHARED: Machine = { runSpread: 0.031, rowSpread: 0.012 };

/** Records of two sides, and how they are compared. */
export interface Gate extends Pick<CompareOptions, 'metric' | 'thresholdPercent'> {
  readonly machine: Machine;
  readonly bases: number;
  readonly heads: number;
}

/** Of `pairs` comparisons of the same code, and of as many with a head 10 % slower, how many have a row called regressed. */
export function simulateGate(
  pairs: number,
  { machine, bases, heads, metric, thresholdPercent }: Gate,
): { falseAlarms: number; found: number } {
  const options = { thresholdPercent, metric, ignoreDevice: false } as const;
  const slowed = (strategy: string) => (metric === 'step' || strategy === 'pin' ? SLOWDOWN : 1);
  const unchanged = () => 1;
  let [falseAlarms, found] = [0, 0];
  let run = 0;
  const side = (count: number, change: (strategy: string) => number) =>
    Array.from({ length: count }, () => [`run ${run}`, simulated(run++, machine, change)] as const);
  for (let pair = 0; pair < pairs; pair++) {
    const before = side(bases, unchanged);
    const isRegressed = (change: (strategy: string) => number) =>
      compareRecords(before, side(heads, change), options).rows.some(
        ({ verdict }) => verdict === 'regressed',
      );
    if (isRegressed(unchanged)) falseAlarms++;
    if (isRegressed(slowed)) found++;
  }
  return { falseAlarms, found };
}

/** A run: its levels, drift within it, 2 % noise, and a spike of 1.5 times in 5 rounds of 100. */
function simulated(
  run: number,
  { runSpread, rowSpread }: Machine,
  change: (strategy: string) => number,
): RunRecord {
  const random = randomOf(run, 'order', 0);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const drift = (2 * uniform() - 1) * DRIFT;
  const level = runSpread * normal();
  const levels = new Map(
    ['feed', 'pin'].map((strategy) => [strategy, Math.exp(level + rowSpread * normal())]),
  );
  return recordWith((strategy, round) => {
    const machine = levels.get(strategy)! * (1 + drift * (round / (ROUNDS - 1)));
    const noise = (1 + NOISE * normal()) * (uniform() < SPIKES.share ? SPIKES.times : 1);
    return 1000 * change(strategy) * machine * noise;
  });
}
