import type { SymbolType } from '@observablehq/plot';
import { STRATEGY_TABLE } from '../../tables/strategies.js';
import { STRATEGIES, type StrategyName } from '../../words.js';

/** How a strategy is told apart: by its colour, its mark and the dash of its line, so that a reader needs only one of them. */
export interface Look {
  /** A CSS custom property of the page. */
  readonly colour: string;
  /** What that is on light and on dark ground. */
  readonly colours: readonly [light: string, dark: string];
  readonly symbol: SymbolType;
  readonly dash: string | undefined;
}

export function lookOf(strategy: StrategyName): Look {
  const { look } = STRATEGY_TABLE[strategy];
  const { symbol, colours } = look;
  return { colour: `var(--${strategy})`, colours, symbol, dash: 'dash' in look ? look.dash : undefined };
}

/** The strategies of some rows, in the order of `STRATEGIES`. */
export function strategiesIn(rows: readonly { readonly strategy: StrategyName }[]): StrategyName[] {
  return STRATEGIES.filter((name) => rows.some(({ strategy }) => strategy === name));
}
