import type { Regression, RegressionRow } from '../regress/compare.js';
import { formatRatio } from '../units.js';

/** Workflow commands of GitHub Actions: an error for each row that became slower or is missing, a warning for each that noise hides. */
export function annotationsOf({ rows, metric }: Regression): string[] {
  return rows.flatMap((row) => {
    const level = LEVELS[row.verdict];
    if (level === undefined) return [];
    const name = `${row.engine} ${row.strategy}, batch ${row.batch}, work ${row.work}`;
    const what = metric === 'step' ? 'step time' : 'speedup over feed';
    const change = row.change === undefined ? '' : `: ${what} ${formatRatio(row.change)}× of the base`;
    const note = row.note === undefined ? '' : ` (${row.note})`;
    return [`::${level} title=pinbench: ${row.verdict}::${escaped(`${name}${change}${note}`)}`];
  });
}

const LEVELS: Partial<Record<RegressionRow['verdict'], string>> = {
  regressed: 'error',
  missing: 'error',
  inconclusive: 'warning',
};

/** What a workflow command must not hold as it is. */
function escaped(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
