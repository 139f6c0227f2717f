import type { Hidden } from '../record/findings-schema.js';
import { nameOf } from '../record/row-name.js';
import type { Comparison, RunRecord } from '../record/schema.js';
import { rowsByName } from './sweep.js';

/** A gain under this share of a step is not worth a choice. */
const WORTH = 0.05;

/** What the faster of a strategy and `feed` saves of a step of the slower one. */
interface Gain {
  readonly comparison: Comparison;
  readonly slowNs: number;
  readonly gainNs: number;
}

/**
 * From which cost of a model on, added to every step, the choice of a strategy gains less than 5 %: where
 * (slow − fast) / (slow + model) = 5 %. Asked for with `--model-us` or by measuring several works, whose gains are measured.
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
    // By the speedup, which pairs the rounds and which the verdict is about.
    const ratio = Math.max(comparison.speedup, 1 / comparison.speedup);
    return { comparison, slowNs, gainNs: slowNs * (1 - 1 / ratio) };
  });
}

/** The smallest work measured from which on no heavier one gains 5 % of a step. */
function fromWorkOf(gains: readonly Gain[], { engine, strategy, batch }: Comparison): number | undefined {
  const descending = gains
    .filter(
      ({ comparison: one }) => one.engine === engine && one.strategy === strategy && one.batch === batch,
    )
    .toSorted((a, b) => b.comparison.work - a.comparison.work);
  const worth = descending.findIndex(({ gainNs, slowNs }) => gainNs >= WORTH * slowNs);
  return (worth === -1 ? descending.at(-1) : descending[worth - 1])?.comparison.work;
}
