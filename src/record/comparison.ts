import { breakEven } from '../stats/break-even.js';
import { pairedSpeedup, processesSpeedup } from '../stats/ratio.js';
import { caseNameOf } from './row-name.js';
import type { Comparison, MeasuredResult, Result } from './schema.js';

/** Compares every measured strategy with `feed` of the same case. A case without a measured `feed` has no comparison. */
export function comparisonsOf(results: readonly Result[], modelNs?: number): Comparison[] {
  const measured = results.filter((result) => result.status === 'measured');
  const feeds = measured.filter(({ strategy }) => strategy === 'feed');
  const baselines = new Map(feeds.map((feed) => [caseNameOf(feed), feed]));
  return measured.flatMap((result) => {
    const baseline = baselines.get(caseNameOf(result));
    return baseline === undefined || baseline === result ? [] : [compare(baseline, result, modelNs)];
  });
}

function compare(feed: MeasuredResult, other: MeasuredResult, modelNs?: number): Comparison {
  const { roundsPerProcess } = other;
  const { speedup, ci95, verdict } =
    roundsPerProcess === undefined
      ? pairedSpeedup(feed.samplesNs, other.samplesNs)
      : processesSpeedup(feed.samplesNs, other.samplesNs, roundsPerProcess);
  const paid = verdict === 'faster' ? breakEven(costsOf(feed), costsOf(other)) : undefined;
  return {
    engine: other.engine,
    batch: other.batch,
    work: other.work,
    baseline: 'feed',
    strategy: other.strategy,
    speedup,
    ci95: ci95 && [...ci95],
    verdict,
    breakEvenSteps: paid?.steps ?? null,
    breakEvenCi95: paid?.ci95 ? [...paid.ci95] : null,
    ...(modelNs !== undefined && {
      modelSpeedup: (feed.stepNs.median + modelNs) / (other.stepNs.median + modelNs),
    }),
  };
}

function costsOf({ allocateNs, setupSamplesNs, samplesNs }: MeasuredResult) {
  return { allocateNs, uploadsNs: setupSamplesNs, stepsNs: samplesNs };
}
