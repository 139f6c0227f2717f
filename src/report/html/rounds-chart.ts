import type { MeasuredResult } from '../../record/schema.js';
import { counted, formatDuration, formatInteger } from '../../units.js';
import { lookOf } from './look.js';
import { dot, label, line, type Markish, type PlotOptions, rect, ruleY, text } from './plot.js';
import { type Domain, least, most } from './scales.js';

/** The most rounds that a line goes through; longer series are thinned. */
export const MAX_POINTS = 200;
/** How far a scale reaches from the median: at least `MIN_REACH`, or `REACH` times the distance within which 90 % of rounds lie. */
const MIN_REACH = 0.02;
const REACH = 2.5;
/** The distribution beside the rounds; gap and width are shares of the width of the rounds. */
const ASIDE = { gap: 0.05, width: 0.25, bins: 21 } as const;
/** Where in its lane a line lies, from the top; the name is above it. */
const WITHIN = { top: 0.34, bottom: 0.94 } as const;

/** The least distance between two labels, as a share of a lane. */
const APART = 0.26;

/** A round: its number, and its distance from the median of its row as a share of the median. */
interface Round {
  readonly at: number;
  readonly away: number;
}

/** The rounds of a row, in order. */
export function roundsOf({ samplesNs, stepNs }: MeasuredResult): Round[] {
  return samplesNs.map((ns, i) => ({ at: i + 1, away: ns / stepNs.median - 1 }));
}

/** Thins a long series to the fastest and the slowest round of each group of consecutive rounds, in order: outliers stay. */
export function thinned(rounds: readonly Round[]): readonly Round[] {
  if (rounds.length <= MAX_POINTS) return rounds;
  const group = Math.ceil((2 * rounds.length) / MAX_POINTS);
  return Array.from({ length: Math.ceil(rounds.length / group) }, (_, i) => {
    const some = rounds.slice(i * group, (i + 1) * group);
    const smallest = some.reduce((a, b) => (b.away < a.away ? b : a));
    const largest = some.reduce((a, b) => (b.away > a.away ? b : a));
    return some.filter((round) => round === smallest || round === largest);
  }).flat();
}

/** The rounds of a case in sequence, one lane per strategy, as distances from its median, with their distribution beside them. */
export function roundsChart(
  rows: readonly MeasuredResult[],
  { width, lane }: { readonly width: number; readonly lane: number },
): PlotOptions {
  const lanes = rows.map((row) => ({ row, rounds: roundsOf(row) }));
  const reach = reachOf(lanes.flatMap(({ rounds }) => rounds));
  const last = Math.max(2, ...lanes.map(({ rounds }) => rounds.length));
  return {
    ...{ width, height: lane * rows.length, marginTop: 0, marginBottom: 0, marginLeft: 54, marginRight: 2 },
    x: { type: 'linear', domain: [1, 1 + (last - 1) * (1 + ASIDE.gap + ASIDE.width)], axis: null },
    y: { type: 'linear', domain: [rows.length, 0], axis: null },
    marks: lanes.flatMap(({ row, rounds }, i) => laneMarks(row, rounds, { index: i, reach, last })),
  };
}

/** The range of the scale; rounds beyond it are drawn at its edge. */
function reachOf(rounds: readonly Round[]): Domain {
  const away = rounds.map((round) => round.away);
  const sorted = away.map(Math.abs).sort((a, b) => a - b);
  const usual = sorted[Math.floor((sorted.length - 1) * 0.9)]!;
  const reach = Math.max(MIN_REACH, REACH * usual);
  const [lo, hi] = [least(away), most(away)];
  return [Math.max(-reach, Math.min(-MIN_REACH, lo)), Math.min(reach, Math.max(MIN_REACH, hi))];
}

/** The median, and on each side the largest round number within the scale unless its label would touch that of the median. */
function ticksOf([lo, hi]: Domain): number[] {
  const [below, above] = [roundBelow(-lo), roundBelow(hi)];
  const isApart = (tick: number) => tick / (hi - lo) >= APART;
  return [...(isApart(below) ? [-below] : []), 0, ...(isApart(above) ? [above] : [])];
}

/** The largest round number up to `most`: one digit, or 15, times a power of ten. */
function roundBelow(most: number): number {
  const decade = 10 ** Math.floor(Math.log10(most));
  const digit = [8, 6, 5, 4, 3, 2, 1.5, 1].find((one) => one * decade <= most) ?? 1;
  return Number((digit * decade).toPrecision(2));
}

interface Lane {
  readonly index: number;
  readonly reach: Domain;
  /** Number of rounds in the longest lane. */
  readonly last: number;
}

function laneMarks(row: MeasuredResult, rounds: readonly Round[], { index, reach, last }: Lane): Markish[] {
  const { strategy, stepNs } = row;
  const { colour } = lookOf(strategy);
  const [lo, hi] = reach;
  const within = (away: number) => Math.min(hi, Math.max(lo, away));
  const placeOf = (away: number) =>
    index + WITHIN.bottom - ((within(away) - lo) / (hi - lo)) * (WITHIN.bottom - WITHIN.top);
  const place = { x: 'at', y: ({ away }: Round) => placeOf(away) };
  const ticks = ticksOf(reach);
  return [
    ruleY([0], { y: [placeOf(0)], x1: [1], x2: [last], stroke: 'var(--line)' }),
    text(ticks, {
      ...{ y: ticks.map(placeOf), frameAnchor: 'left', textAnchor: 'end', dx: -6 },
      ...{ text: (tick: number) => percent(tick), fill: 'var(--muted)' },
    }),
    line(thinned(rounds), { ...place, stroke: colour, strokeWidth: 1.25, title: () => titleOf(row) }),
    dot(
      rounds.filter(({ away }) => away !== within(away)),
      { ...place, r: 2.5, fill: colour, title: ({ at, away }: Round) => `round ${at}: ${percent(away)}` },
    ),
    rect(binsOf(rounds, reach, last), {
      ...{ x1: 'x1', x2: 'x2', y1: ({ from }: Bin) => placeOf(from), y2: ({ to }: Bin) => placeOf(to) },
      ...{ fill: colour, fillOpacity: 0.55, insetTop: 0.5 },
    }),
    text([strategy], {
      ...{ x: [1], y: [index + WITHIN.top / 2], textAnchor: 'start', fill: colour },
      text: () => `${strategy} · ${formatDuration(stepNs.median)}`,
    }),
  ];
}

/** A bar of the distribution: the rounds whose distances from the median lie within a range. */
interface Bin {
  readonly x1: number;
  readonly x2: number;
  readonly from: number;
  readonly to: number;
}

/** The distribution of the distances from the median; rounds beyond the scale are in the outermost bins. */
function binsOf(rounds: readonly Round[], [lo, hi]: Domain, last: number): Bin[] {
  const height = (hi - lo) / ASIDE.bins;
  const counts = Array.from({ length: ASIDE.bins }, () => 0);
  for (const { away } of rounds) {
    const bin = Math.floor((away - lo) / height);
    counts[Math.min(ASIDE.bins - 1, Math.max(0, bin))]! += 1;
  }
  const [start, widest] = [1 + (last - 1) * (1 + ASIDE.gap), (last - 1) * ASIDE.width];
  const highest = Math.max(...counts);
  return counts.flatMap((count, i) => {
    if (count === 0) return [];
    const x2 = start + (widest * count) / highest;
    return [{ x1: start, x2, from: lo + i * height, to: lo + (i + 1) * height }];
  });
}

function percent(share: number): string {
  const value = Number((share * 100).toPrecision(2));
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value)} %`;
}

function titleOf({ strategy, batch, samplesNs, stepNs }: MeasuredResult): string {
  const range = `from ${formatDuration(least(samplesNs))} to ${formatDuration(most(samplesNs))}`;
  return label(
    `${strategy}, batch ${formatInteger(batch)}: ${counted(samplesNs.length, 'round')}, median ${formatDuration(stepNs.median)}, ${range}`,
  );
}
