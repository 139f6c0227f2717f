import { type LoopName, STRATEGY_TABLE } from '../tables/strategies.js';
import { STRATEGIES, type StrategyName } from '../words.js';

/**
 * Where a strategy keeps the data and how a mini-batch reaches the graph: its entry in the table of strategies, which explains each
 * property. It is data, not code: an engine interprets it once, in `prepare`, and never per step.
 */
export interface Strategy {
  readonly name: StrategyName;
  readonly resident: boolean;
  readonly hostMemory: 'pageable' | 'page-locked';
  readonly mapped: boolean;
  readonly loop: LoopName;
}

const ALL: readonly Strategy[] = STRATEGIES.map((name) => {
  const { resident, hostMemory, mapped, loop } = STRATEGY_TABLE[name];
  return { name, resident, hostMemory, mapped, loop };
});

/** The strategies with these names, in the order of the table; the baseline, `feed`, is first. */
export function strategiesNamed(names: readonly StrategyName[]): Strategy[] {
  return ALL.filter(({ name }) => names.includes(name));
}
