import { caseNameOf } from '../record/row-name.js';
import type { Comparison, RunRecord } from '../record/schema.js';
import { SAME_WITHIN } from '../stats/ratio.js';
import { formatDuration, formatInteger, formatRatio, formatRatios } from '../units.js';
import { CaseWords } from './rows-phrase.js';

/** The verdicts of a record in words: one line for each strategy and verdict, with the list of cases where there are several. */
export function verdictSentences(record: RunRecord): string[] {
  const groups = new Map<string, Comparison[]>();
  for (const comparison of record.comparisons) {
    const key = `${comparison.strategy} ${comparison.ci95 === null ? 'none' : comparison.verdict}`;
    groups.set(key, [...(groups.get(key) ?? []), comparison]);
  }
  const words = new CaseWords(record.results);
  return [...groups.values()].map((group) => {
    return `${claim(group, words.where(group), record)}${prediction(group, record)}`;
  });
}

function claim(group: readonly Comparison[], where: string, record: RunRecord): string {
  const { strategy, verdict, ci95 } = group[0]!;
  if (ci95 === null) return `inconclusive${where}: ${strategy} has too few rounds for a 95 % interval`;
  switch (verdict) {
    case 'faster':
      return `${strategy} is ${times(group, (ratio) => ratio)} faster${interval(group, (ratio) => ratio)}${where}${payback(group)}`;
    case 'slower':
      return `${strategy} is ${times(group, (ratio) => 1 / ratio)} slower${interval(group, (ratio) => 1 / ratio)}${where}`;
    case 'same':
      return `${strategy} and feed are the same within ${SAME_WITHIN * 100} %${interval(group, (ratio) => ratio)}${where}`;
    case 'inconclusive': {
      const [lo, hi] = span(group.flatMap((one) => one.ci95!));
      return `inconclusive${where}: ${strategy} runs at ${lo}× to ${hi}× the speed of feed; ${longer(record)} may decide`;
    }
  }
}

/** `1.31×`, or `1.10 to 1.52×` of several cases. */
function times(group: readonly Comparison[], of: (ratio: number) => number): string {
  if (group.length === 1) {
    const { speedup, ci95 } = group[0]!;
    return `${formatRatios(of(speedup), ...ci95!.map(of))[0]}×`;
  }
  const [lo, hi] = span(group.map(({ speedup }) => of(speedup)));
  return lo === hi ? `${lo}×` : `${lo} to ${hi}×`;
}

/** The interval of a single case; those of several are in the table. */
function interval(group: readonly Comparison[], of: (ratio: number) => number): string {
  if (group.length > 1) return '';
  const { speedup, ci95 } = group[0]!;
  const [lo, hi] = ci95!.map(of).sort((a, b) => a - b);
  const [, shownLo, shownHi] = formatRatios(of(speedup), lo!, hi!);
  return ` (${shownLo}–${shownHi})`;
}

function span(ratios: readonly number[]): [lo: string, hi: string] {
  return formatRatios(Math.min(...ratios), Math.max(...ratios)) as [string, string];
}

function payback(group: readonly Comparison[]): string {
  const steps = group.flatMap(({ breakEvenSteps }) => breakEvenSteps ?? []);
  if (steps.length === 0) return '';
  const most = Math.max(...steps);
  if (most === 0) return '; its setup costs no more than that of feed';
  if (group.length > 1) {
    return `; its setup pays for itself after ${formatInteger(Math.min(...steps))} to ${formatInteger(most)} steps`;
  }
  const { breakEvenCi95 } = group[0]!;
  const range = breakEvenCi95 === null ? '' : ` (${breakEvenCi95.map(formatInteger).join('–')})`;
  return `; its setup pays for itself after ${formatInteger(most)} step${most === 1 ? '' : 's'}${range}`;
}

/** Seconds a case that are worth trying after the usual five. */
const LONGER_SECONDS = 20;

/** What to change in the command for more certainty: what bounded this run bounds the next one too. */
function longer({ plan: { epochs, budgetNs }, results }: RunRecord): string {
  if (budgetNs !== undefined) return 'a larger --budget';
  if (epochs !== undefined) return 'leaving out --epochs';
  const seconds = LONGER_SECONDS * new Set(results.map(caseNameOf)).size;
  return `--budget ${seconds < 120 ? `${seconds}s` : `${Math.ceil(seconds / 60)}m`}`;
}

function prediction(group: readonly Comparison[], { plan: { modelNs } }: RunRecord): string {
  const speedups = group.flatMap(({ modelSpeedup }) => modelSpeedup ?? []);
  if (speedups.length === 0 || modelNs === undefined) return '';
  const [lo, hi] = span(speedups);
  const shown = lo === hi ? formatRatio(speedups[0]!) : `${lo} to ${hi}`;
  const { strategy } = group[0]!;
  return `; with a model that adds ${formatDuration(modelNs)} to a step, ${strategy} would run at ${shown}× the speed of feed`;
}
