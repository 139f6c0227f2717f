import pc from 'picocolors';
import { sweepsOf } from '../analysis/sweep.js';
import type { Findings, RunRecord } from '../record/schema.js';
import { STRATEGY_TABLE } from '../tables/strategies.js';
import { formatDuration, formatInteger } from '../units.js';
import { type EngineName, STRATEGIES, type StrategyName } from '../words.js';
import { wrapped } from './fold.js';
import { headlineComparisons } from './headline.js';
import type { Screen } from './layout.js';

/** The lines of the plot itself, and the most columns it takes. */
const [HEIGHT, MAX_WIDTH] = [14, 100];
/** Fewer batch sizes than this make no curve. */
const FEWEST_SIZES = 3;

/** The mark of each strategy, so that strategies are told apart without colour. */
const markOf = (strategy: StrategyName) => STRATEGY_TABLE[strategy].look.letter;
const SEVERAL = '&';
const COLOURS = ['blue', 'yellow', 'magenta', 'cyan', 'green', 'red', 'white'] as const;

/** One strategy: its step times over the batch sizes. */
interface Series {
  readonly strategy: StrategyName;
  readonly points: readonly { readonly batch: number; readonly ns: number }[];
}

/**
 * The step times of a sweep by batch size for a terminal, both axes logarithmic, with the batch sizes between which the faster
 * strategy changes. One chart for each engine, at the smallest work; empty if there is no sweep.
 */
export function chartsForTerminal(record: RunRecord, findings: Findings, screen: Screen): string {
  const engines = [...new Set(record.results.map(({ engine }) => engine))];
  return engines.map((engine) => chartOf(record, findings, engine, screen)).join('');
}

function chartOf(record: RunRecord, findings: Findings, engine: EngineName, screen: Screen): string {
  const lightest = Math.min(...record.plan.works);
  const series = sweepsOf(record)
    .filter((sweep) => sweep.engine === engine && sweep.work === lightest)
    .map(
      ({ strategy, rows }): Series => ({
        strategy,
        points: rows.map(({ batch, stepNs }) => ({ batch, ns: stepNs.median })),
      }),
    );
  if (series.length === 0 || Math.max(...series.map(({ points }) => points.length)) < FEWEST_SIZES) return '';
  const [headline] = headlineComparisons(record, engine);
  const crossover = findings.crossovers.find(
    (one) => one.engine === engine && one.work === lightest && one.strategy === headline?.strategy,
  );
  const lines = draw(series, crossover?.brackets ?? [], screen);
  const work = record.plan.works.length > 1 ? `, work ${lightest}` : '';
  return `Step time by batch size, ${engine}${work}\n${lines.join('\n')}\n`;
}

type Brackets = Findings['crossovers'][number]['brackets'];

function draw(all: readonly Series[], brackets: Brackets, { color, width }: Screen): string[] {
  const paint = pc.createColors(color);
  const points = all.flatMap((series) => series.points);
  const y = scaleOf(points.map(({ ns }) => ns));
  const ticks = ticksOf(y, HEIGHT);
  const labelWidth = Math.max(...[...ticks.values()].map((label) => label.length));
  const columns = Math.min(width, MAX_WIDTH) - labelWidth - 3;
  const x = scaleOf(points.map(({ batch }) => batch));
  const columnOf = (batch: number) => Math.round(x.share(batch) * (columns - 1));
  const rowOf = (ns: number) => Math.round((1 - y.share(ns)) * (HEIGHT - 1));

  const cells = Array.from({ length: HEIGHT }, () => Array<string>(columns).fill(' '));
  for (const { from, to } of brackets) {
    const middle = Math.round((columnOf(from) + columnOf(to)) / 2);
    for (const row of cells) row[middle] = paint.dim('┊');
  }
  for (const [index, { strategy, points: those }] of all.entries()) {
    const colour = paint[COLOURS[index % COLOURS.length]!];
    for (const [row, column] of between(those.map(({ batch, ns }) => [rowOf(ns), columnOf(batch)] as const)))
      if (cells[row]![column] === ' ') cells[row]![column] = colour('·');
    for (const { batch, ns } of those) {
      const [row, column] = [rowOf(ns), columnOf(batch)];
      const taken = [...STRATEGIES.map(markOf), SEVERAL].some((mark) => cells[row]![column]!.includes(mark));
      cells[row]![column] = taken ? SEVERAL : colour(markOf(strategy));
    }
  }
  const left = (label: string) => label.padStart(labelWidth);
  return [
    ...cells.map(
      (row, i) => `${left(ticks.get(i) ?? '')} ${ticks.has(i) ? '┤' : '│'}${row.join('').trimEnd()}`,
    ),
    `${left('')} └${'─'.repeat(columns)}`,
    `${left('')}  ${batchLabels(
      points.map(({ batch }) => batch),
      columns,
      columnOf,
    )}`,
    ...legend(
      all,
      paint,
      cells.some((row) => row.includes(SEVERAL)),
      width,
    ),
    ...changes(brackets).flatMap((line) => wrapped(line, width)),
  ];
}

/** A logarithmic axis; `share` is the place of a value between the least and the most, from 0 to 1. */
interface Scale {
  readonly least: number;
  readonly most: number;
  share(value: number): number;
}

function scaleOf(values: readonly number[]): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = Math.log(most / least);
  return { least, most, share: (value) => (span === 0 ? 0.5 : Math.log(value / least) / span) };
}

/** The times written at the axis, by line: both ends, and 1, 2 and 5 times powers of ten if there is room. */
function ticksOf(scale: Scale, height: number): Map<number, string> {
  const ticks = new Map<number, string>();
  const rowOf = (ns: number) => Math.round((1 - scale.share(ns)) * (height - 1));
  const round: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(scale.least)); power <= scale.most; power *= 10)
    round.push(power, 2 * power, 5 * power);
  const inside = round.filter((ns) => ns > scale.least && ns < scale.most);
  for (const ns of [scale.most, scale.least, ...inside]) {
    const row = rowOf(ns);
    const isFree = ![row - 1, row, row + 1].some((near) => ticks.has(near));
    if (isFree) ticks.set(row, formatDuration(ns));
  }
  return ticks;
}

/** The labels under the axis: the first and the last batch size always, the others if there is room. */
function batchLabels(
  batches: readonly number[],
  columns: number,
  columnOf: (batch: number) => number,
): string {
  const sizes = [...new Set(batches)].sort((a, b) => a - b);
  const cells = Array<string>(columns).fill(' ');
  const place = (batch: number) => {
    const label = formatInteger(batch);
    const start = Math.max(
      0,
      Math.min(columns - label.length, columnOf(batch) - Math.floor(label.length / 2)),
    );
    const around = cells.slice(Math.max(0, start - 2), start + label.length + 2);
    if (around.some((cell) => cell !== ' ')) return;
    cells.splice(start, label.length, ...label);
  };
  for (const batch of [sizes[0]!, sizes.at(-1)!, ...sizes]) place(batch);
  return cells.join('').trimEnd();
}

/** Columns between the entries of the legend. */
const LEGEND_GAP = 3;

/** What each mark stands for, on as many lines as it takes. */
function legend(
  all: readonly Series[],
  paint: ReturnType<typeof pc.createColors>,
  several: boolean,
  width: number,
): string[] {
  const entries = all.map(({ strategy }, i) => ({
    columns: strategy.length + 2,
    text: `${paint[COLOURS[i % COLOURS.length]!](markOf(strategy))} ${strategy}`,
  }));
  if (several) entries.push({ columns: 9, text: `${SEVERAL} several` });
  const lines: { columns: number; text: string }[] = [];
  for (const { columns, text } of entries) {
    const last = lines.at(-1);
    if (last !== undefined && last.columns + LEGEND_GAP + columns <= width) {
      last.columns += LEGEND_GAP + columns;
      last.text += ' '.repeat(LEGEND_GAP) + text;
    } else lines.push({ columns, text });
  }
  return lines.map(({ text }) => text);
}

/** The most changes that are listed; the others are only counted. */
const MAX_CHANGES = 3;

function changes(brackets: Brackets): string[] {
  const shown = brackets
    .slice(0, MAX_CHANGES)
    .map(
      ({ from, to, faster }) =>
        `┊ ${faster} becomes the faster strategy between batch ${formatInteger(from)} and ${formatInteger(to)}`,
    );
  const more = brackets.length - shown.length;
  const rest = more === 1 ? 'once more' : `${more} more times`;
  return more > 0 ? [...shown, `┊ the faster strategy changes ${rest}`] : shown;
}

/** The cells on the straight lines between neighbouring points, without the points. */
function between(points: readonly (readonly [row: number, column: number])[]): [number, number][] {
  return points.slice(1).flatMap(([toRow, toColumn], i) => {
    const [fromRow, fromColumn] = points[i]!;
    const steps = Math.max(0, toColumn - fromColumn - 1);
    return Array.from({ length: steps }, (_, step): [number, number] => {
      const share = (step + 1) / (steps + 1);
      return [Math.round(fromRow + (toRow - fromRow) * share), fromColumn + step + 1];
    });
  });
}
