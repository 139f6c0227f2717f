import type { RegressionRow } from '../regress/schema.js';
import { failureOf } from '../regress/verdict.js';
import { printable } from '../text.js';
import { formatRatio } from '../units.js';
import type { Failure, Metric } from '../words.js';
import { lostPairs } from './pairs.js';
import { rowNameOf } from './rows-phrase.js';

/** A row of a comparison, and the metric that was compared. */
type ComparedRow = Pick<
  RegressionRow,
  'engine' | 'strategy' | 'batch' | 'work' | 'change' | 'verdict' | 'note'
> & {
  readonly metric: Metric;
};

/** Workflow commands of GitHub Actions: an error for each row with a failure in `failOn`, a warning for other failures. */
export function annotationsOf(rows: readonly ComparedRow[], failOn: readonly Failure[]): string[] {
  return rows.flatMap((row) => {
    const failure = failureOf(row.verdict);
    if (failure === undefined) return [];
    const level = failOn.includes(failure) ? 'error' : 'warning';
    const what = row.metric === 'step' ? 'step time' : 'speedup over feed';
    const change = row.change === undefined ? '' : `: ${what} ${formatRatio(row.change)}× that of the base`;
    const note = row.note === undefined ? '' : ` (${row.note})`;
    return [command(level, `pinbench ${row.verdict}`, `${rowNameOf(row)}${change}${note}`)];
  });
}

/** The workflow command that warns of a base without pinbench, with which nothing is compared. */
export function annotationOfNoBase(base: string): string {
  return command('warning', 'pinbench has no base', `${base} ${NO_BASE}`);
}

/** What it means that the base of a comparison has no pinbench. */
export const NO_BASE = 'has no pinbench in its node_modules: every row is new, and nothing can regress';

/** The workflow command that warns of pairs of processes that were not counted, for example because the head crashes at times. */
export function annotationOfLost(lost: readonly string[]): string {
  return command('warning', 'pinbench lost pairs of processes', lostPairs(lost));
}

/** The workflow command for a comparison that failed with an error. */
export function annotationOfError({ message }: Error): string {
  return command('error', 'pinbench could not compare', message);
}

function command(level: 'error' | 'warning', title: string, text: string): string {
  return `::${level} title=${title}::${escaped(text)}`;
}

/** The text of a workflow command, on one line and with `%` escaped. */
function escaped(text: string): string {
  return printable(text).replace(/%/g, '%25');
}
