import { type LoopName, STRATEGY_TABLE } from '../tables/strategies.js';
import { STRATEGIES, type StrategyName } from '../words.js';

/**
 * Where a strategy keeps the data and how a mini-batch reaches the graph: its entry in the table of strategies, which says what
 * each property means. Data, not code: an engine interprets it once, in `prepare`, never per step.
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

/** The strategies of these names, in the order of the table in which `feed`, the baseline, is first. */
export function strategiesNamed(names: readonly StrategyName[]): Strategy[] {
  return ALL.filter(({ name }) => names.includes(name));
}
