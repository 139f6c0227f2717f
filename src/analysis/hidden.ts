import type { Hidden } from '../record/findings-schema.js';
import { nameOf } from '../record/row-name.js';
import type { Comparison, RunRecord } from '../record/schema.js';
import { rowsByName } from './sweep.js';

/** A gain below this share of a step does not justify a choice of strategy. */
const WORTH = 0.05;

/** The time that the faster of a strategy and `feed` saves in a step of the slower one. */
interface Gain {
  readonly comparison: Comparison;
  readonly slowNs: number;
  readonly gainNs: number;
}

/**
 * The cost of a model per step above which the choice of a strategy gains less than 5 %, from (slow − fast) / (slow + model) = 5
 * %. It is computed only with `--model-us` or several works; with several works it also finds the smallest measured work whose
 * gain is under 5 %.
 */
export function hiddenOf(record: RunRecord): Hidden[] {
  const { works, modelNs } = record.plan;
  if (modelNs === undefined && works.length === 1) return [];
  const gains = gainsOf(record);
  const lightest = Math.min(...works);
  return gains.flatMap(({ comparison, slowNs, gainNs }) => {
    const { engine, work, strategy, batch, verdict } = comparison;
    if (work !== lightest || (verdict !== 'faster' && verdict !== 'slower')) return [];
    const fromWork = works.length === 1 ? undefined : fromWorkOf(gains, comparison);
    return {
      ...{ engine, work, strategy, batch, gainNs },
      modelNs: Math.max(0, gainNs / WORTH - slowNs),
      ...(fromWork !== undefined && { fromWork }),
    };
  });
}

function gainsOf(record: RunRecord): Gain[] {
  const rows = rowsByName(record);
  return record.comparisons.flatMap((comparison) => {
    const own = rows.get(nameOf(comparison))?.stepNs.median;
    const feed = rows.get(nameOf({ ...comparison, strategy: comparison.baseline }))?.stepNs.median;
    if (own === undefined || feed === undefined) return [];
    const slowNs = Math.max(own, feed);
    // The gain follows from the speedup, because the speedup pairs the rounds and decides the verdict.
    const ratio = Math.max(comparison.speedup, 1 / comparison.speedup);
    return { comparison, slowNs, gainNs: slowNs * (1 - 1 / ratio) };
  });
}

/** The smallest measured work from which on no work gains 5 % of a step. */
function fromWorkOf(gains: readonly Gain[], { engine, strategy, batch }: Comparison): number | undefined {
  const descending = gains
    .filter(
      ({ comparison: one }) => one.engine === engine && one.strategy === strategy && one.batch === batch,
    )
    .toSorted((a, b) => b.comparison.work - a.comparison.work);
  const worth = descending.findIndex(({ gainNs, slowNs }) => gainNs >= WORTH * slowNs);
  return (worth === -1 ? descending.at(-1) : descending[worth - 1])?.comparison.work;
}
