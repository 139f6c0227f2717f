import type { SymbolType } from '@observablehq/plot';
import { STRATEGIES, type StrategyName } from '../../words.js';

/** How a strategy is told apart: by its colour, its mark and the dash of its line, so that a reader needs only one of them. */
export interface Look {
  /** A CSS custom property of the page. */
  readonly colour: string;
  readonly symbol: SymbolType;
  readonly dash: string | undefined;
}

const MARKS: Readonly<Record<StrategyName, readonly [symbol: SymbolType, dash?: string]>> = {
  feed: ['circle'],
  pin: ['square'],
  'feed-locked': ['triangle', '7 3'],
  'feed-ahead': ['diamond', '2 3'],
  'feed-chunk': ['star', '9 3 2 3'],
  'pin-replay': ['cross', '7 3'],
  'zero-copy': ['wye', '2 3'],
};

export function lookOf(strategy: StrategyName): Look {
  const [symbol, dash] = MARKS[strategy];
  return { colour: `var(--${strategy})`, symbol, dash };
}

/** The colour of each strategy on a light and on a dark background: warm for strategies that feed, cool for those that pin. */
export const COLOURS: Readonly<Record<StrategyName, readonly [light: string, dark: string]>> = {
  feed: ['#b84a00', '#ff9d5c'],
  pin: ['#0b5cad', '#74b8ff'],
  'feed-locked': ['#8a6100', '#e5bb45'],
  'feed-ahead': ['#a8327c', '#f291c8'],
  'feed-chunk': ['#7a4a2b', '#d3a684'],
  'pin-replay': ['#067085', '#58cfe6'],
  'zero-copy': ['#0a7048', '#57d1a2'],
};

/** The strategies of some rows, in the order of `STRATEGIES`. */
export function strategiesIn(rows: readonly { readonly strategy: StrategyName }[]): StrategyName[] {
  return STRATEGIES.filter((name) => rows.some(({ strategy }) => strategy === name));
}
