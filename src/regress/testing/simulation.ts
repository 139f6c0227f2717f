import { randomOf } from '../../plan/random.js';
import type { RunRecord } from '../../record/schema.js';
import { sampleRecord } from '../../record/testing/sample-record.js';
import { type CompareOptions, compareRecords } from '../compare.js';

const ROUNDS = 20;
/** Rounds of each process if there are several. */
const ROUNDS_A_PROCESS = 10;
const NOISE = 0.02;
const SPIKES = { share: 0.05, times: 1.5 } as const;
/** Drift of a machine from the first round of a run to the last: up to 1 % in either direction. */
const DRIFT = 0.01;
/** The slowdown that must be detected: `pin` takes a tenth longer, and so does `feed` if times are compared. */
const SLOWDOWN = 1.1;

/**
 * The sample record with other rounds: `of` returns the step time of each in ns, from the strategy, the round and the process. A
 * single process has 20 rounds; each of several has 10.
 */
export function recordWith(
  of: (strategy: string, round: number, process: number) => number,
  processes = 1,
): RunRecord {
  const record = sampleRecord();
  const rounds = processes === 1 ? ROUNDS : ROUNDS_A_PROCESS;
  const results = record.results.map((result) =>
    result.status === 'skipped'
      ? result
      : {
          ...result,
          samplesNs: Array.from({ length: processes * rounds }, (_, i) =>
            of(result.strategy, i % rounds, Math.floor(i / rounds)),
          ),
          ...(processes > 1 && { roundsPerProcess: Array<number>(processes).fill(rounds) }),
        },
  );
  return { ...record, results };
}

/** A machine, described by how much processes of the same code differ: standard deviations of the logs of their levels. */
export interface Machine {
  /** Deviation of a whole process. */
  readonly processSpread: number;
  /** Additional deviation of each row of a process. */
  readonly rowSpread: number;
}

/** A machine whose processes agree, with only noise, spikes and drift within each process. */
export const STEADY: Machine = { processSpread: 0.003, rowSpread: 0 };
/** A machine on a shared host, where step times of processes differ by 4.8 % and speedups by 2.2 %. */
export const SHARED: Machine = { processSpread: 0.046, rowSpread: 0.0156 };

/** The number of processes per side, their machine and the comparison. */
export interface Gate extends Pick<CompareOptions, 'metric' | 'thresholdPercent'> {
  readonly machine: Machine;
  readonly processes: number;
}

/**
 * How many of `pairs` comparisons report a regressed row: with the same code on both sides, and with a head that is 10 % slower.
 */
export function simulateGate(
  pairs: number,
  { machine, processes, metric, thresholdPercent }: Gate,
): { falseAlarms: number; found: number } {
  const options = { thresholdPercent, metric, ignoreDevice: false } as const;
  const slowed = (strategy: string) => (metric === 'step' || strategy === 'pin' ? SLOWDOWN : 1);
  const unchanged = () => 1;
  let [falseAlarms, found] = [0, 0];
  let run = 0;
  const side = (change: (strategy: string) => number) =>
    [[`run ${run}`, simulated(run++, machine, processes, change)]] as const;
  for (let pair = 0; pair < pairs; pair++) {
    const before = side(unchanged);
    const isRegressed = (change: (strategy: string) => number) =>
      compareRecords(before, side(change), options).rows.some(({ verdict }) => verdict === 'regressed');
    if (isRegressed(unchanged)) falseAlarms++;
    if (isRegressed(slowed)) found++;
  }
  return { falseAlarms, found };
}

/** A simulated run with a level and a drift for each process, 2 % noise, and a spike of 1.5 times in 5 % of the rounds. */
function simulated(
  run: number,
  { processSpread, rowSpread }: Machine,
  processes: number,
  change: (strategy: string) => number,
): RunRecord {
  const random = randomOf(run, 'order', 0);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const levels = Array.from({ length: processes }, () => {
    const [drift, level] = [(2 * uniform() - 1) * DRIFT, processSpread * normal()];
    const of = (spread: number) => Math.exp(level + spread * normal());
    return { drift, feed: of(rowSpread), pin: of(rowSpread) };
  });
  return recordWith((strategy, round, process) => {
    const { drift, feed, pin } = levels[process]!;
    const machine = (strategy === 'feed' ? feed : pin) * (1 + drift * (round / (ROUNDS - 1)));
    const noise = (1 + NOISE * normal()) * (uniform() < SPIKES.share ? SPIKES.times : 1);
    return 1000 * change(strategy) * machine * noise;
  }, processes);
}
