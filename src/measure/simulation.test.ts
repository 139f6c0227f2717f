import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { pairedSpeedup } from '../stats/ratio.js';
import { measure } from './measure.js';
import type { Measured } from './measurement.js';
import { fakeRun } from './testing/fake-run.js';

/** What every machine that measures suffers from, as the design's own simulation had it. */
const NOISE = 0.02;
const SPIKES = { share: 0.05, times: 1.5 } as const;
const DRIFT = 0.005;
const RUNS = 2000;

interface Tally {
  covered: number;
  decided: number;
  found: number;
}

/** Runs the real measuring code 2,000 times on a device whose `pin` is truly `speedup` times as fast as `feed`. */
async function simulate(speedup: number, seed: number): Promise<Tally> {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const tally: Tally = { covered: 0, decided: 0, found: 0 };
  for (let run = 0; run < RUNS; run++) {
    let drift = 1;
    const { request } = fakeRun(
      {
        epochNs(strategy) {
          // The drift walks on with every block: the two of a round share most of it, not all.
          drift *= 1 + DRIFT * normal();
          const spike = uniform() < SPIKES.share ? SPIKES.times : 1;
          return (1e6 / (strategy === 'pin' ? speedup : 1)) * drift * spike * (1 + NOISE * normal());
        },
      },
      { seed: run, epochs: 20 },
    );
    const [feed, pin] = (await measure(request)).measurements as Measured[];
    const { ci95, verdict } = pairedSpeedup(feed!.samplesNs, pin!.samplesNs);
    if (ci95![0] <= speedup && speedup <= ci95![1]) tally.covered += 1;
    if (verdict === 'faster' || verdict === 'slower') tally.decided += 1;
    if (verdict === 'faster') tally.found += 1;
  }
  return tally;
}

describe('the verdicts, on 2,000 simulated runs of 20 rounds with 2 % noise, 5 % spikes of 1.5 times and 0.5 % drift', () => {
  it('cover the true ratio at least 95 % of the time, and call an A/A comparison in at most 1 %', async () => {
    const { covered, decided } = await simulate(1, 20261124);
    expect(covered / RUNS).toBeGreaterThanOrEqual(0.95);
    expect(decided / RUNS).toBeLessThanOrEqual(0.01);
  });

  it('find a true difference of 5 % at least 95 % of the time', async () => {
    const { covered, found } = await simulate(1.05, 4711);
    expect(covered / RUNS).toBeGreaterThanOrEqual(0.95);
    expect(found / RUNS).toBeGreaterThanOrEqual(0.95);
  });
});
