import { groupBy } from '../group-by.js';
import type { Crossover } from '../record/findings-schema.js';
import type { Comparison, RunRecord } from '../record/schema.js';

/**
 * For every strategy other than `feed`: the ranges of batch sizes in which it or `feed` is faster, from the verdicts other than
 * `inconclusive`.
 */
export function crossoversOf({ comparisons }: RunRecord): Crossover[] {
  const sweeps = groupBy(comparisons, ({ engine, work, strategy }) => `${engine} ${work} ${strategy}`);
  return [...sweeps.values()].flatMap((sweep) => crossoverOf(sweep.toSorted((a, b) => a.batch - b.batch)));
}

function crossoverOf(ascending: readonly Comparison[]): Crossover[] {
  const { engine, work, strategy } = ascending[0]!;
  const decided = ascending.filter(({ verdict }) => verdict !== 'inconclusive');
  if (ascending.length === 1 || decided.length === 0) return [];
  const stretches: Crossover['stretches'] = [];
  for (const comparison of decided) {
    const [faster, last] = [fasterOf(comparison), stretches.at(-1)];
    if (last?.faster === faster) last.to = comparison.batch;
    else stretches.push({ faster, from: comparison.batch, to: comparison.batch });
  }
  const inconclusive = ascending.filter(({ verdict }) => verdict === 'inconclusive');
  return [
    {
      ...{ engine, work, strategy, from: ascending[0]!.batch, to: ascending.at(-1)!.batch },
      ...{ stretches, brackets: bracketsIn(stretches), inconclusive: inconclusive.map(({ batch }) => batch) },
    },
  ];
}

function fasterOf({ strategy, verdict }: Comparison): Crossover['stretches'][number]['faster'] {
  if (verdict === 'same' || verdict === 'inconclusive') return 'same';
  return verdict === 'faster' ? strategy : 'feed';
}

/** The pairs of batch sizes between which the faster strategy changes. Sizes with the verdict `same` lie inside a bracket. */
function bracketsIn(stretches: Crossover['stretches']): Crossover['brackets'] {
  const brackets: Crossover['brackets'] = [];
  let last: { faster: string; to: number } | undefined;
  for (const { faster, from, to } of stretches) {
    if (faster === 'same') continue;
    if (last !== undefined && last.faster !== faster) brackets.push({ from: last.to, to: from, faster });
    last = { faster, to };
  }
  return brackets;
}
