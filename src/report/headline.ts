import type { Crossover } from '../record/findings-schema.js';
import { caseNameOf } from '../record/row-name.js';
import type { Comparison, Findings, RunRecord } from '../record/schema.js';
import { MIN_SAMPLES } from '../stats/interval.js';
import { SAME_WITHIN } from '../stats/ratio.js';
import { formatDuration, formatInteger, formatRatios } from '../units.js';
import type { EngineName } from '../words.js';
import { listed, speedsOf } from './phrases.js';

/** Which strategy is faster, at which batch sizes and with which interval: one sentence for each engine of a record. */
export function headlinesOf(record: RunRecord, findings: Findings): string[] {
  const engines = [...new Set(record.results.map(({ engine }) => engine))];
  return engines.map((engine) => {
    const place = engines.length > 1 ? `${engine}: ` : '';
    const work = record.plan.works.length > 1 ? `with work ${Math.min(...record.plan.works)}, ` : '';
    return `${place}${work}${onProcessor(record, engine)}${headlineOf(record, findings, engine)}`;
  });
}

/** The comparisons in the headline, by batch size: those of `pin`, or of the first compared strategy, at the smallest work. */
export function headlineComparisons({ comparisons }: RunRecord, engine: EngineName): Comparison[] {
  const ofEngine = comparisons.filter((one) => one.engine === engine);
  const { strategy } = ofEngine.find((one) => one.strategy === 'pin') ?? ofEngine[0] ?? {};
  const ofStrategy = ofEngine.filter((one) => one.strategy === strategy);
  const lightest = Math.min(...ofStrategy.map(({ work }) => work));
  return ofStrategy.filter(({ work }) => work === lightest).toSorted((a, b) => a.batch - b.batch);
}

/** Marks the figures of a processor, so that nobody takes them for those of a GPU. */
function onProcessor({ environment: { devices } }: RunRecord, engine: EngineName): string {
  return devices.some((device) => device.engine === engine && !device.gpu) ? 'on a processor, ' : '';
}

function headlineOf(record: RunRecord, { crossovers }: Findings, engine: EngineName): string {
  const sweep = headlineComparisons(record, engine);
  const [first] = sweep;
  if (first === undefined) return withoutComparison(record, engine);
  if (sweep.length === 1) return claimOf(first, record);
  const crossover = crossovers.find(
    (one) => one.engine === engine && one.work === first.work && one.strategy === first.strategy,
  );
  return crossover === undefined ? inconclusiveClaim(sweep, record) : sweepClaim(sweep, crossover);
}

/** The verdict of one comparison with its interval. */
function claimOf(comparison: Comparison, record: RunRecord): string {
  const { strategy, verdict, speedup, ci95 } = comparison;
  if (ci95 === null)
    return `${strategy} against feed is inconclusive: too few ${hasProcesses(record) ? 'processes' : 'rounds'} for a 95 % interval`;
  const of = (ratio: number) => (verdict === 'slower' ? 1 / ratio : ratio);
  const [shown, lo, hi] = formatRatios(of(speedup), ...ci95.map(of).sort((a, b) => a - b));
  switch (verdict) {
    case 'faster':
      return `${strategy} is ${shown}× faster than feed (95 %: ${lo}–${hi})`;
    case 'slower':
      return `${strategy} takes ${shown}× as long as feed (95 %: ${lo}–${hi})`;
    case 'same':
      return `${strategy} and feed are the same within ${SAME_WITHIN * 100} % (95 %: ${lo}–${hi})`;
    case 'inconclusive':
      if (ci95[0] > 1 || ci95[1] < 1)
        return `${strategy} is ${ci95[0] > 1 ? 'faster' : 'slower'} than feed, at ${lo} to ${hi}× its speed, but it is inconclusive whether by more than ${SAME_WITHIN * 100} %; try ${suggestion(record)}`;
      return `${strategy} runs at ${lo} to ${hi}× the speed of feed: inconclusive, since this 95 % interval lies only partly within ±${SAME_WITHIN * 100} %; try ${suggestion(record)}`;
  }
}

/** The claim for a sweep that is inconclusive at every batch size. */
function inconclusiveClaim(sweep: readonly Comparison[], record: RunRecord): string {
  const speeds = speedsOf(sweep.flatMap(({ speedup, ci95 }) => ci95 ?? speedup));
  return `${sweep[0]!.strategy} against feed is inconclusive at every batch size: it runs at ${speeds} the speed of feed; try ${suggestion(record)}`;
}

/** If there are more stretches than this, the claim counts batch sizes instead of naming ranges. */
const MAX_STRETCHES = 3;

type Stretch = Crossover['stretches'][number];

/** Which strategy is faster in which range of batch sizes. */
function sweepClaim(sweep: readonly Comparison[], crossover: Crossover): string {
  const { stretches, brackets, inconclusive } = crossover;
  const claims =
    stretches.length > MAX_STRETCHES
      ? [...countedClaims(sweep, crossover), ...changesAt(brackets)]
      : stretches.map((stretch) => stretchClaim(sweep, stretch, crossover));
  const decided = sweep.length - inconclusive.length;
  return `${[...claims, ...inconclusiveAt(inconclusive, sweep)].join('; ')} (${decided === 1 ? '' : 'each '}at 95 %)`;
}

function stretchClaim(sweep: readonly Comparison[], stretch: Stretch, { strategy }: Crossover): string {
  const { faster, from, to } = stretch;
  const within = sweep.filter(({ batch }) => batch >= from && batch <= to);
  const decided = within.filter(({ verdict }) => verdict !== 'inconclusive');
  return `${claimAbout(faster, strategy, decided)} ${whereOf(from, to, decided.length, within.length, sweep.length)}`;
}

function whereOf(from: number, to: number, decided: number, within: number, all: number): string {
  if (from === to) return `at batch ${formatInteger(from)}`;
  const range = `from ${between(from, to, ' to ')}`;
  if (decided < within) return `at ${decided} of the ${within} batch sizes ${range}`;
  return within === all ? `at every batch size ${range}` : `${range.replace('from', 'from batch')}`;
}

/** The claims if there are too many stretches to name: at how many batch sizes each strategy is faster. */
function countedClaims(sweep: readonly Comparison[], { strategy, stretches }: Crossover): string[] {
  return [...new Set(stretches.map(({ faster }) => faster))].map((faster) => {
    const those = sweep.filter((one) => verdictFor(faster) === one.verdict);
    return `${claimAbout(faster, strategy, those)} at ${those.length} of ${sweep.length} batch sizes`;
  });
}

function verdictFor(faster: Stretch['faster']): Comparison['verdict'] {
  if (faster === 'same') return 'same';
  return faster === 'feed' ? 'slower' : 'faster';
}

function claimAbout(faster: Stretch['faster'], strategy: string, those: readonly Comparison[]): string {
  if (faster === 'same') return `${strategy} and feed are the same within ${SAME_WITHIN * 100} %`;
  const ratios = those.map(({ speedup }) => (faster === 'feed' ? 1 / speedup : speedup));
  return `${faster} is ${speedsOf(ratios)} faster than ${faster === 'feed' ? strategy : 'feed'}`;
}

function changesAt(brackets: Crossover['brackets']): string[] {
  if (brackets.length === 0) return [];
  const shown = brackets.slice(0, MAX_STRETCHES).map(({ from, to }) => between(from, to, '–'));
  const more = brackets.length - shown.length;
  const rest = more === 0 ? '' : more === 1 ? ', and once more' : `, and ${more} more times`;
  return [`the faster strategy changes between batch ${listed(shown)}${rest}`];
}

function inconclusiveAt(batches: readonly number[], sweep: readonly Comparison[]): string[] {
  if (batches.length === 0) return [];
  if (batches.length > MAX_STRETCHES)
    return [`the result is inconclusive at ${batches.length} of ${sweep.length} batch sizes`];
  return [`the result is inconclusive at batch ${listed(batches.map(formatInteger))}`];
}

function between(from: number, to: number, separator: ' to ' | '–'): string {
  return `${formatInteger(from)}${separator}${formatInteger(to)}`;
}

/** The headline if nothing was compared. */
function withoutComparison({ results }: RunRecord, engine: EngineName): string {
  const ofEngine = results.filter((result) => result.engine === engine);
  const [first, ...others] = ofEngine.filter((result) => result.status === 'measured');
  const [skipped] = ofEngine.filter((result) => result.status === 'skipped');
  if (first === undefined) return `nothing was measured: ${skipped?.reason ?? 'no row was started'}`;
  const ofStrategy = [first, ...others.filter(({ strategy }) => strategy === first.strategy)];
  const steps = ofStrategy.map(({ stepNs }) => stepNs.median);
  const [least, most] = [formatDuration(Math.min(...steps)), formatDuration(Math.max(...steps))];
  const took = `a step of ${first.strategy} takes ${least === most ? least : `${least} to ${most}`}`;
  if (skipped !== undefined) return `${took}; ${skipped.strategy} was skipped: ${skipped.reason}`;
  return `${took}; ${first.strategy === 'feed' ? 'no other strategy was asked for' : 'without feed there is nothing to compare it with'}`;
}

type CaseEnd = RunRecord['cases'][number]['end'];

/** Whether the record is of several processes, whose number decides the width of an interval. */
function hasProcesses({ results }: RunRecord): boolean {
  return results.some((result) => result.status === 'measured' && result.roundsPerProcess !== undefined);
}

/** Seconds per case to suggest for the next run; the default is five. */
const SUGGESTED_SECONDS = 20;

/** What to change in the command for a narrower interval: the limit that ended this run would end the next one too. */
function suggestion(record: RunRecord): string {
  const { plan, results, cases, complete } = record;
  const { epochs, budgetNs } = plan;
  if (!complete) return 'a complete run';
  const endedBy = (...ends: readonly CaseEnd[]) => cases.some(({ end }) => ends.includes(end));
  if (endedBy('budget')) return 'a larger --budget';
  if (hasProcesses(record)) return endedBy('until') ? 'a smaller --until' : 'more --processes';
  if (budgetNs !== undefined && endedBy('until', 'time')) return 'a larger --budget';
  if (epochs !== undefined)
    return epochs < MIN_SAMPLES ? `--epochs ${MIN_SAMPLES} or more` : 'leaving out --epochs';
  if (endedBy('planned')) return 'more --rounds';
  const seconds = SUGGESTED_SECONDS * new Set(results.map(caseNameOf)).size;
  return `--budget ${seconds < 120 ? `${seconds}s` : `${Math.ceil(seconds / 60)}m`}`;
}
