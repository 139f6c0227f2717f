import { markdownTable } from 'markdown-table';
import { median } from 'simple-statistics';
import { pairedSpeedup } from '../../src/stats/ratio.js';
import { formatInteger, formatRatio, formatRatios } from '../../src/units.js';

/** One batch size and strategy: what each program took in each round, ns; within a round the programs ran one after the other. */
export interface Row {
  readonly batch: number;
  readonly strategy: string;
  /** By the name of the program. `wrong`: a sum of it differed, and its timings are withheld. */
  readonly stepNs: ReadonlyMap<string, readonly number[] | 'wrong'>;
}

/** A program and another whose time its own is divided by. */
export type Pair = readonly [program: string, by: string];

const WITHHELD = 'wrong sum';

/** The median µs of a step, by program. */
export function timesTable(rows: readonly Row[], programs: readonly string[]): string {
  const head = ['batch', 'strategy', ...programs];
  const cells = rows.map(({ stepNs }) =>
    programs.map((program) => {
      const samples = stepNs.get(program)!;
      return samples === 'wrong' ? WITHHELD : microseconds(median([...samples]));
    }),
  );
  return table(head, rows, cells);
}

/** For each pair, the median over the rounds of the ratio of their times, with its 95 % interval. */
export function ratiosTable(rows: readonly Row[], pairs: readonly Pair[]): string {
  const head = ['batch', 'strategy', ...pairs.map(([program, by]) => `${program} / ${by}`)];
  const cells = rows.map(({ stepNs }) =>
    pairs.map(([program, by]) => {
      const [over, under] = [stepNs.get(program)!, stepNs.get(by)!];
      if (over === 'wrong' || under === 'wrong') return WITHHELD;
      const { speedup: ratio, ci95 } = pairedSpeedup(over, under);
      if (ci95 === null) return formatRatio(ratio);
      const [middle, lo, hi] = formatRatios(ratio, ...ci95);
      return `${middle} (${lo}–${hi})`;
    }),
  );
  return table(head, rows, cells);
}

function table(head: readonly string[], rows: readonly Row[], cells: readonly (readonly string[])[]): string {
  const lines = rows.map(({ batch, strategy }, i) => [formatInteger(batch), `\`${strategy}\``, ...cells[i]!]);
  return markdownTable([head, ...lines], { align: ['r', 'l', ...head.slice(2).map(() => 'r')] });
}

/** Three significant digits; whole numbers from 100 on. */
function microseconds(ns: number): string {
  const us = ns / 1000;
  return us < 100 ? us.toPrecision(3) : formatInteger(Math.round(us));
}
