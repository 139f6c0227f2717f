import { max, mean, median, medianAbsoluteDeviation, min } from 'simple-statistics';
import { groupBy } from '../group-by.js';
import type { CaseEnd } from '../measure/measurement.js';
import type { Settings } from '../options.js';
import { MIN_SAMPLES } from '../stats/interval.js';
import { halfWidthPercent, inProcesses } from '../stats/ratio.js';
import { casesOf } from './cases.js';
import { comparisonsOf } from './comparison.js';
import { caseNameOf, nameOf } from './row-name.js';
import type { Comparison, MeasuredResult, RunRecord, Warning } from './schema.js';
import { budgetCut, untilNotReached } from './warnings.js';

/** A process whose results do not count, and the reason. */
export interface LostProcess {
  readonly reason: string;
}

/** How a measurement in several processes went, apart from their records. */
export interface ProcessesOutcome {
  /** What the user asked of all processes together. The plans of the single processes have other values. */
  readonly asked?: Partial<Pick<Settings, 'processes' | 'untilPercent' | 'budgetNs'>>;
  /** Why no further process was started. */
  readonly end?: CaseEnd['end'];
  readonly lost?: readonly LostProcess[];
}

/**
 * Combines the records of one or more processes. The combined step times have no interval, because consecutive processes are not
 * independent; speedups have an interval over the processes. Only the largest group of processes that measured the same rows counts;
 * the other processes are lost. Pure.
 */
export function recordOfProcesses(
  records: readonly RunRecord[],
  { asked = {}, end = 'planned', lost = [] }: ProcessesOutcome = {},
): RunRecord {
  const alike = largestAlike(records);
  const first = alike[0]!;
  const gone = [
    ...lost,
    ...Array.from({ length: records.length - alike.length }, () => ({ reason: 'it measured other rows' })),
  ];
  const measured = alike.map(measuredByName);
  const results = first.results.map((result) =>
    result.status === 'skipped' ? result : together(measured.map((rows) => rows.get(nameOf(result))!)),
  );
  const comparisons = comparisonsOf(results, first.plan.modelNs);
  const ended = endsOf(alike, comparisons, end);
  return {
    ...first,
    complete: alike.every(({ complete }) => complete),
    plan: { ...first.plan, ...asked },
    results,
    comparisons,
    cases: casesOf(ended),
    warnings: [
      ...warningsIn(alike),
      ...budgetCut(asked.budgetNs, ended),
      ...ended.flatMap((one) => untilNotReached(asked.untilPercent, one)),
      ...lostWarnings(gone),
      ...fewWarnings(alike.length, end),
    ],
  };
}

/** How each case ended over all processes: by the end of the command, or by that of a single process. */
function endsOf(
  records: readonly RunRecord[],
  comparisons: readonly Comparison[],
  end: CaseEnd['end'],
): CaseEnd[] {
  const comparisonsByCase = groupBy(comparisons, caseNameOf);
  const endsByCase = groupBy(
    records.flatMap(({ cases }) => cases),
    caseNameOf,
  );
  return [...endsByCase].map(([name, ends]) => {
    const widths = (comparisonsByCase.get(name) ?? []).map(({ ci95 }) => halfWidthPercent(ci95));
    const early = end === 'planned' ? ends.find((one) => one.end !== 'planned')?.end : end;
    return {
      ...ends[0]!,
      rounds: ends.reduce((sum, one) => sum + one.rounds, 0),
      end: early ?? 'planned',
      halfWidthPercent: widths.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...widths),
    };
  });
}

/** The largest group of records with the same rows; of groups of the same size, that with the most measured rows. */
function largestAlike(records: readonly RunRecord[]): RunRecord[] {
  const groups = [...groupBy(records, rowsOf).values()];
  const measuredRows = ([one]: readonly RunRecord[]) => measuredByName(one!).size;
  return groups.reduce((best, group) =>
    (group.length - best.length || measuredRows(group) - measuredRows(best)) > 0 ? group : best,
  );
}

function rowsOf({ results }: RunRecord): string {
  return results.map((result) => `${nameOf(result)} ${result.status}`).join('\n');
}

function measuredByName({ results }: RunRecord): Map<string, MeasuredResult> {
  const measured = results.filter((result) => result.status === 'measured');
  return new Map(measured.map((result) => [nameOf(result), result]));
}

function together(rows: readonly MeasuredResult[]): MeasuredResult {
  const [first, ...others] = rows;
  if (others.length === 0) return first!;
  const of = (value: (row: MeasuredResult) => number) => rows.map(value);
  const sum = (value: (row: MeasuredResult) => number) => of(value).reduce((total, one) => total + one, 0);
  const samplesNs = rows.flatMap((row) => row.samplesNs);
  const roundsPerProcess = of((row) => row.samplesNs.length);
  const levels = inProcesses(samplesNs, roundsPerProcess).map((samples) => median(samples));
  const medianNs = median(levels);
  const setupSamplesNs = rows.flatMap((row) => row.setupSamplesNs);
  const conditions = rows.flatMap((row) => row.conditions ?? []);
  const phases = rows.flatMap(({ phasesNs }) => phasesNs ?? []);
  return {
    ...first!,
    ...{ steps: sum((row) => row.steps), verifiedSteps: sum((row) => row.verifiedSteps) },
    epochsMeasured: sum((row) => row.epochsMeasured),
    stepNs: {
      ...{ median: medianNs, mean: mean(samplesNs) },
      ...{ min: min(of((row) => row.stepNs.min)), max: max(of((row) => row.stepNs.max)) },
      ...percentiles(rows),
      mad: medianAbsoluteDeviation(samplesNs),
      ...{ ci95: null, range: [min(levels), max(levels)] },
    },
    ...(phases.length === rows.length && {
      phasesNs: {
        copy: median(phases.map(({ copy }) => copy)),
        graph: median(phases.map(({ graph }) => graph)),
        fetch: median(phases.map(({ fetch }) => fetch)),
        host: median(phases.map(({ host }) => host)),
      },
    }),
    ...{ samplesNs, roundsPerProcess },
    ...(conditions.length > 0 && { conditions }),
    allocateNs: median(of((row) => row.allocateNs)),
    setupNs: median(setupSamplesNs),
    setupSamplesNs,
    rowsPerSecond: first!.rowsPerSecond * (first!.stepNs.median / medianNs),
    bytesPerSecond: first!.bytesPerSecond * (first!.stepNs.median / medianNs),
    maxRelError: max(of((row) => row.maxRelError)),
  };
}

/** Medians of the processes' percentiles of single steps, if all processes have them. */
function percentiles(rows: readonly MeasuredResult[]): Partial<MeasuredResult['stepNs']> {
  return Object.fromEntries(
    (['p50', 'p95', 'p99'] as const).flatMap((name) => {
      const values = rows.flatMap(({ stepNs }) => stepNs[name] ?? []);
      return values.length === rows.length ? [[name, median(values)]] : [];
    }),
  );
}

/** Warnings about the rounds of a single process, which say nothing about all of them together. */
const OF_ONE_PROCESS: readonly Warning['code'][] = [
  'few-rounds',
  'budget-cut',
  'until-not-reached',
  'outliers',
];

/** The distinct warnings of all processes about the device and the data. */
function warningsIn(records: readonly RunRecord[]): Warning[] {
  const seen = new Map<string, Warning>();
  for (const warning of records.flatMap(({ warnings }) => warnings)) {
    if (OF_ONE_PROCESS.includes(warning.code)) continue;
    const key = JSON.stringify(warning);
    if (!seen.has(key)) seen.set(key, warning);
  }
  return [...seen.values()];
}

function fewWarnings(processes: number, end: CaseEnd['end']): Warning[] {
  if (processes >= MIN_SAMPLES) return [];
  return [{ code: 'few-processes', processes, needed: MIN_SAMPLES, ...(end === 'budget' && { end }) }];
}

function lostWarnings(lost: readonly LostProcess[]): Warning[] {
  if (lost.length === 0) return [];
  return [
    {
      code: 'processes-lost',
      processes: lost.length,
      reasons: [...new Set(lost.map(({ reason }) => reason))],
    },
  ];
}
