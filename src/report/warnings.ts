import type { CaseName } from '../record/row-name.js';
import type { Warning } from '../record/schema.js';
import { counted, formatBytes, formatDuration, formatInteger, formatPercent, formatRatio } from '../units.js';
import { CaseWords } from './rows-phrase.js';

type Code = Warning['code'];
type Of<C extends Code> = Extract<Warning, { code: C }>;

/** Words all warnings of one code, at least one, as a single sentence. */
type Sentence<C extends Code> = (warnings: readonly [Of<C>, ...Of<C>[]], words: CaseWords) => string;

/** What pinbench cannot read without NVML, which is part of the NVIDIA driver. */
const NOT_MONITORED =
  'clocks, throttling and the link cannot be read because NVML is missing or does not respond; a container needs NVIDIA_DRIVER_CAPABILITIES=compute,utility';

/** Why the clocks, the throttling and the link of a device cannot be read, and how to fix that. `damaged` is a truncated NVML. */
export function notMonitored(damaged: string | undefined): string {
  if (damaged === undefined) return NOT_MONITORED;
  return `clocks, throttling and the link cannot be read because NVML is damaged: the file ${damaged} is truncated; reinstall the NVIDIA driver`;
}

/** The sentence for each code; `undefined` if the device line or the dataset line already states the warning. */
const SENTENCES: { readonly [C in Code]: Sentence<C> | undefined } = {
  cast: undefined,
  'not-finite': ([warning]) => notFinite(warning),
  overflow: (all, words) =>
    `the sum of a mini-batch overflows its type${words.where(all)}: it is infinite whatever is copied, so checking it proves nothing`,
  'no-gpu': undefined,
  'shared-memory': (all) => `${devices(all)} shares the host's memory: fed mini-batches do not cross a bus`,
  mig: (all) => `${devices(all)} is a partition of a GPU (MIG): other partitions may use the same link`,
  'not-monitored': (all) => `${devices(all)}: ${notMonitored(all[0].damaged)}`,
  'other-processes': each(
    ({ engine, device, processes }) =>
      `${engine}: ${processes === 1 ? 'another process was' : `${processes} other processes were`} computing on ${device} when the run began and may share its time, memory and link`,
  ),
  display: (all) => `${devices(all)} drives a display, which takes some of its time`,
  'compute-mode': each(
    ({ engine, device, computeMode }) =>
      `${engine}: ${device} is in compute mode ${computeMode}: ${computeMode === 'prohibited' ? 'no process can use it' : 'no other process can use it during the run'}; sudo nvidia-smi -c DEFAULT lifts this`,
  ),
  mps: (all) =>
    `${devices(all)} may be shared through MPS, whose pipe exists: kernels of other processes may run at the same time`,
  'persistence-off': (all) =>
    `${devices(all)} has persistence mode off: the driver shuts it down between runs, and each run has to start it again; sudo nvidia-smi -pm 1 turns the mode on`,
  'numa-node': each(
    ({ engine, device, node, processNodes }) =>
      `${engine}: ${device} is attached to NUMA node ${node}, but the process ${processNodes.includes(node) ? 'may run' : 'runs'} on ${processNodes.length === 1 ? 'node' : 'nodes'} ${processNodes.join(', ')}: copies from another node are slower; --verbose shows how to bind the process`,
  ),
  'copying-slice': each(
    ({ engine, rowBytes }) =>
      `${engine}: a row has ${counted(rowBytes, 'byte')}, which is not a multiple of 64, so every slice copies its mini-batch on the device`,
  ),
  'dataset-within-l2': each(
    ({ engine, bytes, l2Bytes }) =>
      `${engine}: the dataset (${formatBytes(bytes)}) fits in the device's L2 cache (${formatBytes(l2Bytes)}): resident strategies read the cache, not device memory`,
  ),
  'slow-link': each(
    ({ engine, generation, width, maxGeneration, maxWidth }) =>
      `${engine}: the link ran at PCIe ${generation} ×${width} during copies, but device and slot support PCIe ${maxGeneration} ×${maxWidth}: feeding is slower than it could be`,
  ),
  'batches-left-out': ([{ batches, rows }]) =>
    `batch ${batches.join(', ')} left out: the dataset has ${counted(rows, 'row')}`,
  'budget-cut': ([{ budgetNs, cases }], words) => budgetCut(budgetNs, cases, words),
  'until-not-reached': untilNotReached,
  'processes-lost': ([{ processes, reasons }]) =>
    `${processes === 1 ? 'a process is' : `${processes} processes are`} not counted: ${reasons.join('; ')}`,
  'few-processes': ([{ processes, needed, end }]) =>
    `${processes} ${processes === 1 ? 'process is' : 'processes are'} too few for a 95 % interval of the speedup${end === 'budget' ? `, which needs ${needed}: use a larger --budget` : `: use --processes ${needed} or more`}`,
  'few-rounds': ([{ rounds, needed, end }]) =>
    `${rounds} ${rounds === 1 ? 'round is' : 'rounds are'} too few for a 95 % interval, which needs ${needed}${end === 'planned' ? `: use --epochs ${needed} or --rounds ${needed}, or more` : end === 'budget' ? ': use a larger --budget' : ''}`,
  outliers,
  throttled,
};

/** The warnings of a record as sentences: one per code, whatever the number of cases. `cases` are the cases of the record. */
export function warningSentences(warnings: readonly Warning[], cases: readonly CaseName[]): string[] {
  const words = new CaseWords(cases);
  const codes = [...new Set(warnings.map(({ code }) => code))];
  return codes.flatMap((code) => sentenceOf(code, warnings, words) ?? []);
}

/** Commands that help against warnings and are too long for the warnings themselves; printed with `--verbose`. */
export function hintsOf(warnings: readonly Warning[]): string[] {
  const nodes = warnings.flatMap((warning) => (warning.code === 'numa-node' ? [warning.node] : []));
  return [...new Set(nodes)].map(
    (node) =>
      `to run on the NUMA node of the device: numactl --cpunodebind=${node} --membind=${node} pinbench run …`,
  );
}

function sentenceOf<C extends Code>(
  code: C,
  warnings: readonly Warning[],
  words: CaseWords,
): string | undefined {
  const those = warnings.filter((warning): warning is Of<C> => warning.code === code);
  return (SENTENCES[code] as Sentence<C> | undefined)?.(those as [Of<C>, ...Of<C>[]], words);
}

/** One sentence for each warning, joined to one line. */
function each<C extends Code>(sentence: (warning: Of<C>) => string): Sentence<C> {
  return (warnings) => warnings.map(sentence).join('; ');
}

function devices(all: readonly { readonly engine: string; readonly device: string }[]): string {
  return all.map(({ engine, device }) => `${engine}: ${device}`).join('; ');
}

function notFinite({ nan, infinite, lookedAt, values, castFrom }: Of<'not-finite'>): string {
  const counts = [
    ...(nan === 0 ? [] : [`${formatInteger(nan)} ${nan === 1 ? 'NaN' : 'NaNs'}`]),
    ...(infinite === 0 ? [] : [`${formatInteger(infinite)} ${infinite === 1 ? 'infinity' : 'infinities'}`]),
  ].join(' and ');
  const part =
    lookedAt === values ? '' : ` among ${formatInteger(lookedAt)} of ${formatInteger(values)} values`;
  const cast =
    castFrom === undefined
      ? ''
      : `; the cast to float32 may have made some of them infinite${castFrom === 'float64' ? ', which --dtype native avoids on engines that support the type' : ''}`;
  return `the data contains ${counts}${part}: the sum of a mini-batch that contains one is NaN or infinite whatever is copied, so checking it proves nothing${cast}`;
}

function budgetCut(budgetNs: number, cases: Of<'budget-cut'>['cases'], words: CaseWords): string {
  const measured = cases.filter(({ rounds }) => rounds > 0);
  const never = cases.filter(({ rounds }) => rounds === 0);
  const rounds = measured.map((one) => one.rounds);
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  const range = least === most ? counted(least, 'round') : `${least} to ${most} rounds`;
  const parts = [
    ...(measured.length === 0 ? [] : [`${words.list(measured)} ended after ${range}`]),
    ...(never.length === 0 ? [] : [`${words.list(never)} not measured`]),
  ];
  return `the budget of ${formatDuration(budgetNs)} cut the run short: ${parts.join('; ')}`;
}

function untilNotReached(all: readonly Of<'until-not-reached'>[], words: CaseWords): string {
  const widths = all.flatMap(({ halfWidthPercent }) => halfWidthPercent ?? []);
  const seen =
    widths.length === 0
      ? 'there is no interval'
      : `the interval is up to ±${Math.max(...widths).toFixed(1)} %`;
  const rounds = Math.max(...all.map((one) => one.rounds));
  return `--until ${formatPercent(all[0]!.untilPercent)} was not reached ${words.at(all)}: after ${counted(rounds, 'round')} ${seen}`;
}

function outliers(all: readonly Of<'outliers'>[], words: CaseWords): string {
  const distance = (ratio: number) => Math.abs(Math.log(ratio));
  const farthest = all.map((one) => one.farthest).reduce((a, b) => (distance(b) > distance(a) ? b : a));
  const most = all.reduce((a, b) => (b.outliers / b.rounds > a.outliers / a.rounds ? b : a));
  const verb = most.outliers === 1 ? 'is an outlier' : 'are outliers';
  return `${share(all, most.outliers, most.rounds)} ${verb} (${words.rows(all)}), the farthest at ${formatRatio(farthest)}× the median; ${kept(all, most.outliers)}`;
}

function throttled(all: readonly Of<'throttled'>[], words: CaseWords): string {
  const reasons = [...new Set(all.flatMap((one) => one.reasons))].join(', ');
  const most = all.reduce((a, b) => (b.throttled / b.rounds > a.throttled / a.rounds ? b : a));
  return `the device was throttled (${reasons}) in ${share(all, most.throttled, most.rounds)} (${words.rows(all)}); ${kept(all, most.throttled)}`;
}

/** How many rounds are affected in the row with the largest share of them. */
function share(rows: readonly unknown[], affected: number, rounds: number): string {
  return `${rows.length > 1 ? 'up to ' : ''}${affected} of ${counted(rounds, 'round')}`;
}

function kept(rows: readonly unknown[], affected: number): string {
  return rows.length === 1 && affected === 1 ? 'it is kept' : 'they are kept';
}
