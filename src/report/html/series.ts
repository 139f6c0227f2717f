import type { Interval } from '../../stats/interval.js';
import type { StrategyName } from '../../words.js';
import { type Frame, LINE } from './frame.js';
import { lookOf } from './look.js';
import { areaY, dot, line, type Markish, ruleX, text } from './plot.js';
import { movedApart } from './scales.js';

/** A value at a batch size. */
export interface Point {
  readonly batch: number;
  readonly value: number;
  readonly interval: Interval | null;
  /** The text shown when the pointer rests on the mark. */
  readonly title: string;
  /** True for an inconclusive value. */
  readonly hollow?: boolean;
}

/** The values of one strategy. */
export interface Series {
  readonly strategy: StrategyName;
  /** At least one, ascending by batch size. */
  readonly points: readonly Point[];
}

/** `dense`: there are too many values, so only the ends of a line have marks, and intervals are bands. */
export interface Density {
  readonly dense: boolean;
  readonly intervals: 'bands' | 'bars';
}

/** A band that is lower than this everywhere, in px, cannot be seen. */
const SEEN = 0.5;

/** The marks of a series: its intervals, its line and its values. */
export function seriesMarks(
  { strategy, points }: Series,
  { dense, intervals }: Density,
  { placeOf }: Frame,
): Markish[] {
  const { colour, symbol, dash } = lookOf(strategy);
  const place = { x: 'batch', y: 'value' } as const;
  const marked = dense ? points.filter((_, i) => i === 0 || i === points.length - 1) : points;
  const known = points.filter(({ interval }) => interval !== null && interval[0] > 0);
  const isSeen = ({ interval }: Point) => placeOf(interval![0]) - placeOf(interval![1]) >= SEEN;
  const ends = { y1: (one: Point) => one.interval![0], y2: (one: Point) => one.interval![1] };
  return [
    dense || intervals === 'bands'
      ? areaY(dense && !known.some(isSeen) ? [] : known, {
          x: 'batch',
          ...ends,
          fill: colour,
          fillOpacity: 0.2,
        })
      : ruleX(known, { x: 'batch', ...ends, stroke: colour, strokeWidth: 4, strokeOpacity: 0.35 }),
    line(points, {
      ...{ ...place, stroke: colour, strokeWidth: intervals === 'bands' ? 1.75 : 1.25 },
      ...(dash !== undefined && { strokeDasharray: dash }),
    }),
    dot(
      marked.filter(({ hollow }) => hollow !== true),
      { ...place, symbol, fill: colour, r: 3.25, title: 'title' },
    ),
    dot(
      marked.filter(({ hollow }) => hollow === true),
      { ...place, symbol, fill: 'var(--ground)', stroke: colour, strokeWidth: 1.5, r: 3.25, title: 'title' },
    ),
  ];
}

/** A label at the end of a line. */
export interface EndLabel {
  readonly batch: number;
  readonly value: number;
  readonly words: string;
  readonly colour: string;
}

/** The name of a strategy at the end of its line. */
export function endOf({ strategy, points }: Series): EndLabel {
  const { batch, value } = points.at(-1)!;
  return { batch, value, words: strategy, colour: lookOf(strategy).colour };
}

/** Labels at the ends of lines, moved apart if they would overlap. */
export function endLabels(ends: readonly EndLabel[], { placeOf, bounds }: Frame): Markish[] {
  const places = ends.map(({ value }) => placeOf(value));
  const moved = movedApart(places, LINE, bounds);
  return ends.map(({ batch, value, words, colour }, i) =>
    text([words], {
      ...{ x: [batch], y: [value], text: () => words, fill: colour },
      ...{ textAnchor: 'start' as const, dx: 9, dy: Number((moved[i]! - places[i]!).toFixed(1)) },
    }),
  );
}
