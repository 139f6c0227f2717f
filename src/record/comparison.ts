import { pairedSpeedup } from '../stats/ratio.js';
import type { Comparison, MeasuredResult, Result } from './schema.js';

/** Every measured strategy against `feed` of the same cell. A cell without a measured `feed` has no comparison. */
export function comparisonsOf(results: readonly Result[], modelNs?: number): Comparison[] {
  const measured = results.filter((result) => result.status === 'measured');
  return measured.flatMap((result) => {
    const baseline = measured.find((other) => other.strategy === 'feed' && sameCell(other, result));
    return baseline === undefined || baseline === result ? [] : [compare(baseline, result, modelNs)];
  });
}

function sameCell(a: Result, b: Result): boolean {
  return a.engine === b.engine && a.batch === b.batch && a.work === b.work;
}

function compare(feed: MeasuredResult, other: MeasuredResult, modelNs?: number): Comparison {
  const { speedup, ci95, verdict } = pairedSpeedup(feed.samplesNs, other.samplesNs);
  return {
    engine: other.engine,
    batch: other.batch,
    work: other.work,
    baseline: 'feed',
    strategy: other.strategy,
    speedup,
    ci95: ci95 && [...ci95],
    verdict,
    breakEvenSteps: verdict === 'faster' ? breakEvenSteps(feed, other) : null,
    ...(modelNs !== undefined && {
      modelSpeedup: (feed.stepNs.median + modelNs) / (other.stepNs.median + modelNs),
    }),
  };
}

/** Steps after which the extra setup is paid by what each step saves; null where a step saves nothing. */
function breakEvenSteps(feed: MeasuredResult, other: MeasuredResult): number | null {
  const savedNs = feed.stepNs.median - other.stepNs.median;
  return savedNs > 0 ? Math.max(0, Math.ceil((other.setupNs - feed.setupNs) / savedNs)) : null;
}
