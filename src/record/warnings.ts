import type { NotFinite } from '../data/not-finite.js';
import type { Outcome } from '../measure/measure.js';
import type { CaseEnd } from '../measure/measurement.js';
import type { Settings } from '../options.js';
import type { Plans } from '../plan/plan.js';
import { MIN_SAMPLES } from '../stats/interval.js';
import { outlierIndexes } from '../stats/outliers.js';
import { caseNameOf } from './row-name.js';
import type { DeviceRecord, Result, RunRecord, Warning } from './schema.js';

/** The warnings about a run, as codes with the numbers behind them. */
export function warningsOf(
  dataset: RunRecord['dataset'],
  devices: readonly DeviceRecord[],
  results: readonly Result[],
  { untilPercent, budgetNs }: Pick<Settings, 'untilPercent' | 'budgetNs'>,
  { leftOut }: Pick<Plans, 'leftOut'>,
  { ended }: Pick<Outcome, 'ended'>,
  notFinite: NotFinite,
): Warning[] {
  const { castFrom, dtype, rows } = dataset;
  return [
    ...when(castFrom !== undefined && { code: 'cast', castFrom, dtype }),
    ...dataNotFinite(dataset, notFinite),
    ...(notFinite.nan + notFinite.infinite > 0 ? [] : overflows(results)),
    ...devices.flatMap((device) => ofDevice(device, dataset, results)),
    ...when(leftOut.length > 0 && { code: 'batches-left-out', batches: [...leftOut], rows }),
    ...budgetCut(budgetNs, ended),
    ...ended.flatMap((end) => untilNotReached(untilPercent, end)),
    ...fewRounds(results, ended),
    ...results.flatMap(outliers),
    ...results.flatMap(throttled),
  ];
}

/**
 * Warns if the dataset has NaN or infinite values: their sums are NaN or infinite in the reference too, so verification cannot
 * detect a wrong copy.
 */
function dataNotFinite(
  { castFrom, dtype, rows, cols }: RunRecord['dataset'],
  { nan, infinite, lookedAt }: NotFinite,
): Warning[] {
  if (nan + infinite === 0) return [];
  const narrowed = infinite > 0 && dtype === 'float32' && castFrom?.includes('float64') === true;
  const counts = { nan, infinite, lookedAt, values: rows * cols };
  return [{ code: 'not-finite', ...counts, ...(narrowed && { castFrom }) }];
}

/**
 * Warns if sums of finite values exceed the range of the sum's type: they are infinite in the reference too, so verification
 * cannot detect a wrong copy.
 */
function overflows(results: readonly Result[]): Warning[] {
  const cases = new Map<string, Warning>();
  for (const result of results) {
    if (result.status === 'skipped' || typeof result.epochSum !== 'string') continue;
    const { engine, batch, work } = result;
    cases.set(caseNameOf(result), { code: 'overflow', engine, batch, work });
  }
  return [...cases.values()];
}

/** TensorFlow's kernels need rows that are aligned to 64 bytes. A slice shares memory only if every row is. */
const TENSORFLOW_ALIGNMENT = 64;

function ofDevice(
  record: DeviceRecord,
  { rows, bytes }: RunRecord['dataset'],
  results: readonly Result[],
): Warning[] {
  const { engine, name: device, gpu, l2Bytes, link } = record;
  const measured = results
    .filter((result) => result.status === 'measured')
    .filter((r) => r.engine === engine);
  const rowBytes = bytes / rows;
  const copies =
    engine === 'tensorflow' &&
    rowBytes % TENSORFLOW_ALIGNMENT !== 0 &&
    measured.some(({ strategy }) => strategy === 'pin');
  const cached =
    l2Bytes !== undefined && bytes <= l2Bytes && measured.some(({ h2dBytesSetup }) => h2dBytesSetup > 0);
  const slow = link !== undefined && (link.generation < link.maxGeneration || link.width < link.maxWidth);
  return [
    ...when(!gpu && { code: 'no-gpu', engine, device }),
    ...when(copies && { code: 'copying-slice', engine, rowBytes }),
    ...when(cached && { code: 'dataset-within-l2', engine, bytes, l2Bytes }),
    ...when(slow && { code: 'slow-link', engine, ...link }),
    ...deviceWarnings(record),
  ];
}

/**
 * Warnings about a device that do not depend on the measurement: its kind, its other users, its settings and the process's NUMA
 * nodes.
 */
export function deviceWarnings(record: DeviceRecord): Warning[] {
  const {
    integrated,
    mig,
    processes = 0,
    display,
    computeMode = 'default',
    mps,
    persistence,
    monitored,
    damagedMonitor: damaged,
  } = record;
  const { numaNode: node, processNodes = [] } = record;
  const on = { engine: record.engine, device: record.name };
  const elsewhere = node !== undefined && processNodes.some((other) => other !== node);
  return [
    ...when(integrated === true && { code: 'shared-memory', ...on }),
    ...when(mig === true && { code: 'mig', ...on }),
    ...when(
      monitored === false && {
        ...{ code: 'not-monitored', ...on },
        ...(damaged !== undefined && { damaged }),
      },
    ),
    ...when(processes > 0 && { code: 'other-processes', ...on, processes }),
    ...when(display === true && { code: 'display', ...on }),
    ...when(computeMode !== 'default' && { code: 'compute-mode', ...on, computeMode }),
    ...when(mps === true && { code: 'mps', ...on }),
    ...when(persistence === false && { code: 'persistence-off', ...on }),
    ...when(elsewhere && { code: 'numa-node', ...on, node, processNodes }),
  ];
}

/** One warning for the whole command that lists the cases that the budget cut short or left out. */
export function budgetCut(budgetNs: number | undefined, ended: readonly CaseEnd[]): Warning[] {
  const cut = ended.filter(({ end }) => end === 'budget');
  if (budgetNs === undefined || cut.length === 0) return [];
  const cases = cut.map(({ engine, batch, work, rounds }) => ({ engine, batch, work, rounds }));
  return [{ code: 'budget-cut', budgetNs, cases }];
}

export function untilNotReached(
  untilPercent: number | undefined,
  { engine, batch, work, rounds, end, halfWidthPercent }: CaseEnd,
): Warning[] {
  if (untilPercent === undefined || end === 'until' || halfWidthPercent <= untilPercent) return [];
  // With fewer than 6 rounds there is no interval, so its width is infinite, which JSON cannot represent.
  const width = Number.isFinite(halfWidthPercent) && { halfWidthPercent };
  return [{ code: 'until-not-reached', engine, batch, work, rounds, untilPercent, ...width }];
}

function fewRounds(results: readonly Result[], ended: readonly CaseEnd[]): Warning[] {
  const rounds = Math.min(
    ...results.map((result) => (result.status === 'measured' ? result.samplesNs.length : MIN_SAMPLES)),
  );
  if (rounds >= MIN_SAMPLES) return [];
  const end = ended.find((one) => one.rounds === rounds)?.end;
  const bound = end === 'planned' || end === 'budget' ? end : 'other';
  return [{ code: 'few-rounds', rounds, needed: MIN_SAMPLES, end: bound }];
}

function outliers(result: Result): Warning[] {
  if (result.status === 'skipped') return [];
  const { engine, strategy, batch, work, samplesNs, stepNs } = result;
  const found = outlierIndexes(samplesNs);
  if (found.length === 0) return [];
  const ratios = found.map((index) => samplesNs[index]! / stepNs.median);
  const farthest = ratios.reduce((a, b) => (Math.abs(Math.log(b)) > Math.abs(Math.log(a)) ? b : a));
  const row = { engine, strategy, batch, work };
  return [{ code: 'outliers', ...row, outliers: found.length, rounds: samplesNs.length, farthest }];
}

function throttled(result: Result): Warning[] {
  if (result.status === 'skipped' || result.conditions === undefined) return [];
  const { engine, strategy, batch, work, conditions } = result;
  const slowed = conditions.map(({ before, after }) => [
    ...(before.throttled ?? []),
    ...(after.throttled ?? []),
  ]);
  const rounds = slowed.filter((reasons) => reasons.length > 0).length;
  if (rounds === 0) return [];
  const reasons = [...new Set(slowed.flat())];
  const row = { engine, strategy, batch, work };
  return [{ code: 'throttled', ...row, reasons, throttled: rounds, rounds: conditions.length }];
}

function when(warning: false | Warning): Warning[] {
  return warning === false ? [] : [warning];
}
