import { groupBy } from '../group-by.js';
import type { Crossover } from '../record/findings-schema.js';
import type { Comparison, RunRecord } from '../record/schema.js';

/** Of every strategy beside `feed`: which of the two is faster from which batch size to which, by the verdicts that are decided. */
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

/** Sizes at which both are the same lie between the two that a change is told by. */
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
