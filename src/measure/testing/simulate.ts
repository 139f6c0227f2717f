import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { pairedSpeedup } from '../../stats/ratio.js';
import { measure } from '../measure.js';
import type { Measured } from '../measurement.js';
import { fakeRun } from './fake-run.js';

/** Disturbances of a typical machine. */
const NOISE = 0.02;
const SPIKES = { share: 0.05, times: 1.5 } as const;
const DRIFT = 0.005;
export const RUNS = Number(process.env.PINBENCH_TEST_RUNS ?? 2_000);
/**
 * The required coverage. With fewer than 20,000 runs the estimate is less precise, so it is lowered by three standard errors of
 * the difference.
 */
export const COVERED = 0.945 - (RUNS < 20_000 ? 3 * Math.sqrt((0.945 * 0.055) / RUNS) : 0);
/** A block is one step of the shortest block time, so that each block draws its noise once. */
const STEP_NS = 10e6;

export const TITLE = `the verdicts of ${RUNS} simulated runs with the stopping rule, 2 % noise, 5 % spikes of 1.5 times and 0.5 % drift`;

interface Tally {
  covered: number;
  /** Runs with the verdict faster or slower. */
  decided: number;
  /** Runs with the verdict faster. */
  found: number;
}

/** Runs the real measuring code with its stopping rule on a device whose `pin` is truly `speedup` times as fast as `feed`. */
export async function simulate(speedup: number, seed: number): Promise<Tally> {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const tally: Tally = { covered: 0, decided: 0, found: 0 };
  for (let run = 0; run < RUNS; run++) {
    let drift = 1;
    const { request } = fakeRun(
      {
        stepNs(strategy) {
          // The drift is a random walk over the blocks, so the two blocks of a round share most of it but not all.
          drift *= 1 + DRIFT * normal();
          const spike = uniform() < SPIKES.share ? SPIKES.times : 1;
          return (STEP_NS / (strategy === 'pin' ? speedup : 1)) * drift * spike * (1 + NOISE * normal());
        },
      },
      // Half of the step time, so that a step that noise makes short is still a whole block.
      { seed: run, minTimeNs: STEP_NS / 2 },
    );
    const [feed, pin] = (await measure(request)).measurements as Measured[];
    const { ci95, verdict } = pairedSpeedup(feed!.samplesNs, pin!.samplesNs);
    if (ci95![0] <= speedup && speedup <= ci95![1]) tally.covered += 1;
    if (verdict === 'faster' || verdict === 'slower') tally.decided += 1;
    if (verdict === 'faster') tally.found += 1;
  }
  return tally;
}
