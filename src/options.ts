import {
  duration,
  type Kind,
  microseconds,
  names,
  path,
  percent,
  sizes,
  toggle,
  whole,
  wholes,
  word,
  words,
} from './option-kinds.js';
import { shown } from './text.js';
import { counted, formatDuration, formatPercent } from './units.js';
import {
  DTYPE_REQUESTS,
  ENGINES,
  FETCHES,
  READBACKS,
  REMAINDERS,
  SAMPLINGS,
  SHUFFLES,
  STRATEGIES,
} from './words.js';

/** The headings under which `pinbench run --help` lists the options. */
export const OPTION_GROUPS = ['Data', 'What to measure', 'How long', 'Engine', 'Output'] as const;

/** One option of a run and everything that pinbench knows about it. `options.test.ts` tests what is derived from it. */
interface Option<Value, Input> {
  readonly kind: Kind<Value, Input>;
  /** The flag in commander's syntax. */
  readonly flag: string;
  readonly group: (typeof OPTION_GROUPS)[number];
  readonly help: string;
  /** The value if the option is not given. If absent, `defaultHelp` describes what happens then. */
  readonly default?: Value;
  /** Replaces the default in the help text. */
  readonly defaultHelp?: string;
  /** The option's field in a record's `plan`. Absent: the option is not recorded. */
  readonly plan?: string;
  /** Two records are compared only if they agree in this option. */
  readonly comparable?: true;
  /** The option is part of what a step and an epoch are: every `Plan` has its value. */
  readonly definesStep?: true;
  /** The option's text in the plan line of the table; `undefined` for a value that needs no mention. */
  readonly planLine?: (value: Value) => string | undefined;
  /** The option concerns the terminal or files and does not exist in the programmatic API. */
  readonly commandLineOnly?: true;
}

function option<Value, Input, const Rest extends Omit<Option<Value, Input>, 'kind'>>(
  kind: Kind<Value, Input>,
  rest: Rest,
): Rest & { readonly kind: Kind<Value, Input> } {
  return { kind, ...rest };
}

/** Seeds are 32-bit. */
const MAX_SEED = 2 ** 32 - 1;
/** The CUDA kernel counts passes in 31 bits. */
const MAX_WORK = 2 ** 31 - 1;
const MAX_EPOCHS = 1e9;
const MAX_CHUNK = 2 ** 20;
const MAX_ROUNDS = 1e6;
const MAX_PROCESSES = 1000;
/** Rounds per process with `--processes`, unless `--rounds` is given. */
export const ROUNDS_A_PROCESS = 10;
/** Rounds of each process of `ab`, whose processes take turns: a change is the median over pairs of rounds. */
export const ROUNDS_OF_AB = 30;
/** Twice as many rounds if at least this many pairs of `ROUNDS_OF_AB` rounds fit in the budget: more rounds than pairs are affordable. */
export const PAIRS_FOR_TWICE_THE_ROUNDS = 20;
/** Rows per mini-batch if `--batch` is not given; all rows if there are fewer. */
export const DEFAULT_BATCH = 32;
/** Shortest and longest warm-up of a row, ns. `--warmup 0` disables the warm-up. */
export const WARM_UP_NS = { least: 200e6, most: 1e9 } as const;

/**
 * Every option of a run, by its name in `RunOptions`, in the order of the help and of the plan line. Editors show the comment of an
 * entry to callers of `run`.
 */
export const RUN_OPTIONS = {
  /** Element type on the device: `native` keeps the file's own type if the engine supports it. */
  dtype: option(word(DTYPE_REQUESTS), {
    flag: '--dtype <word>',
    group: 'Data',
    help: `element type on the device: ${DTYPE_REQUESTS.join(', ')}`,
    default: 'float32',
    plan: 'dtype',
    comparable: true,
    planLine: (dtype) => (dtype === 'native' ? "the file's own element type" : undefined),
  }),
  /** Arrow columns that form the matrix, in this order. Default: all numeric columns except pandas' indexes. */
  columns: option(names, {
    flag: '--column <names>',
    group: 'Data',
    help: 'Arrow columns that form the matrix, separated by commas; write a comma within a name as \\,',
    defaultHelp: "all numeric columns except pandas' indexes",
    plan: 'columns',
    comparable: true,
    planLine: (columns) => `columns ${columns.map(shown).join(', ')}`,
  }),
  /** `slice`: a mini-batch is contiguous rows; `gather`: all rows are shuffled in every epoch. */
  sampling: option(word(SAMPLINGS), {
    flag: '--sampling <word>',
    group: 'Data',
    help: 'slice: a mini-batch is contiguous rows; gather: all rows are shuffled in every epoch',
    default: 'slice',
    plan: 'sampling',
    definesStep: true,
    comparable: true,
    planLine: (sampling) => (sampling === 'gather' ? 'rows shuffled every epoch' : undefined),
  }),
  /** When the mini-batches are shuffled: once, in every epoch, or never. */
  shuffle: option(word(SHUFFLES), {
    flag: '--shuffle <word>',
    group: 'Data',
    help: 'when to shuffle the mini-batches: once, epoch (anew in every epoch), or none (file order)',
    default: 'once',
    plan: 'shuffle',
    definesStep: true,
    comparable: true,
    planLine: (shuffle) => SHUFFLED[shuffle],
  }),
  /** Random seed for the batch order and the round schedule. */
  seed: option(whole(0, MAX_SEED), {
    flag: '--seed <n>',
    group: 'Data',
    help: 'random seed for the batch order and the round schedule',
    default: 1,
    plan: 'seed',
    definesStep: true,
    planLine: (seed) => `seed ${seed}`,
  }),
  /** Whether to drop or keep the rows that do not fill a mini-batch. */
  remainder: option(word(REMAINDERS), {
    flag: '--remainder <word>',
    group: 'Data',
    help: 'drop or keep the rows that do not fill a mini-batch',
    default: 'drop',
    plan: 'remainder',
    definesStep: true,
    comparable: true,
    planLine: (remainder) => `remainder ${remainder === 'drop' ? 'dropped' : 'kept'}`,
  }),

  /** Rows per mini-batch: a number, several, or the powers of two within a range such as `'1..65536'`. */
  batch: option(sizes, {
    flag: '-b, --batch <list>',
    group: 'What to measure',
    help: 'rows per mini-batch: 2, 2,64,1024 or 1..65536 (the powers of two up to the number of rows)',
    defaultHelp: `${DEFAULT_BATCH}, or all rows if there are fewer`,
    plan: 'batches',
  }),
  /** How often the graph runs per mini-batch; more runs stand for a heavier model. */
  work: option(wholes(MAX_WORK), {
    flag: '--work <list>',
    group: 'What to measure',
    help: 'how many times the graph runs per mini-batch; more runs stand for a heavier model',
    default: [1],
    plan: 'works',
  }),
  /** Strategies to compare: `all`, one or several. */
  strategy: option(words(STRATEGIES, ['all']), {
    flag: '-s, --strategy <list>',
    group: 'What to measure',
    help: `strategies to compare: all, or some of ${STRATEGIES.join(', ')}`,
    default: ['feed', 'pin'],
  }),
  /** Mini-batches that `feed-chunk` copies in one transfer, at most those of one epoch. */
  chunk: option(whole(1, MAX_CHUNK), {
    flag: '--chunk <n>',
    group: 'What to measure',
    help: 'mini-batches that feed-chunk copies in one transfer, at most those of one epoch',
    defaultHelp: 'as many as make 8 MiB',
    plan: 'chunk',
    comparable: true,
    planLine: (chunk) => `${chunk} ${chunk === 1 ? 'mini-batch' : 'mini-batches'} per chunk`,
  }),
  /** Whether the scalars come back after every step or after every epoch. */
  fetch: option(word(FETCHES), {
    flag: '--fetch <word>',
    group: 'What to measure',
    help: 'bring the scalars back to the host after every step, or after every epoch: step, epoch',
    default: 'step',
    plan: 'fetch',
    definesStep: true,
    comparable: true,
    planLine: (fetch) => `scalars fetched every ${fetch}`,
  }),
  /** On cuda, whether a scalar comes back through mapped memory or by a copy. */
  readback: option(word(READBACKS), {
    flag: '--readback <word>',
    group: 'What to measure',
    help: 'how cuda brings a scalar back, through mapped memory or by a copy: mapped, copy',
    default: 'mapped',
    plan: 'readback',
    definesStep: true,
    comparable: true,
    planLine: (readback) => (readback === 'copy' ? 'scalars copied back' : undefined),
  }),
  /** Predict the speedup for a model that adds this many ns to every step. */
  modelNs: option(microseconds, {
    flag: '--model-us <n>',
    group: 'What to measure',
    help: 'predict the speedup for a model that adds this many µs to every step',
    plan: 'modelNs',
  }),

  /** Measure at least this many epochs of each strategy. If not given, `untilPercent` decides. */
  epochs: option(whole(1, MAX_EPOCHS), {
    flag: '-e, --epochs <n>',
    group: 'How long',
    help: 'measure at least this many epochs of each strategy, in up to 20 rounds',
    defaultHelp: 'until --until is reached, for at most 5 s per case',
    plan: 'epochs',
    planLine: (epochs) => `${counted(epochs, 'epoch')} asked for`,
  }),
  /** Measure this many rounds, or fewer if `budgetNs` ends first, with blocks of at least `minTimeNs`. */
  rounds: option(whole(1, MAX_ROUNDS), {
    flag: '--rounds <n>',
    group: 'How long',
    help: 'measure this many rounds, or fewer if --budget ends first; each block lasts at least --min-time',
    defaultHelp: 'up to 20 with --epochs, 10 with --processes, otherwise until --until is reached',
  }),
  /**
   * Repeat the measurement in this many fresh processes, `rounds` rounds in each; with 6 or more, the interval is taken over
   * them.
   */
  processes: option(whole(1, MAX_PROCESSES), {
    flag: '--processes <n>',
    group: 'How long',
    help: `repeat the measurement in this many fresh processes, ${ROUNDS_A_PROCESS} rounds in each unless --rounds is given; with 6 or more, the interval of the speedup is taken over the processes`,
    defaultHelp: '1',
    plan: 'processes',
    planLine: (processes) => (processes === 1 ? undefined : `${processes} processes asked for`),
  }),
  /** Shortest timed block, ns, at most a second. Short epochs are repeated to fill it. 0 measures exactly `epochs`. */
  minTimeNs: option(duration({ zero: true, most: 1e9 }), {
    flag: '--min-time <time>',
    group: 'How long',
    help: 'shortest timed block, at most 1s; short epochs are repeated to fill it; 0 measures exactly --epochs',
    default: 10e6,
    defaultHelp: '10ms',
    plan: 'minTimeNs',
    planLine: (ns) => (ns === 0 ? 'no epoch is repeated' : `blocks of at least ${formatDuration(ns)}`),
  }),
  /** Measure until half the width of the speedup's 95 % interval is at most this percentage. */
  untilPercent: option(percent, {
    flag: '--until <percent>',
    group: 'How long',
    help: "measure until half the width of the speedup's 95 % interval is at most this percentage; with --processes, checked after each process from the 6th on and reached at two checks in a row",
    defaultHelp: '1 unless --epochs, --rounds or --processes is given',
    plan: 'untilPercent',
    planLine: (value) => `until the interval is ±${formatPercent(value)}`,
  }),
  /** Time limit of the whole run, loading included, ns. It takes precedence over `epochs`, `rounds` and `untilPercent`. */
  budgetNs: option(duration(), {
    flag: '--budget <time>',
    group: 'How long',
    help: 'time limit of the whole command, loading included: 90s, 10m, 1h; it takes precedence over --epochs, --rounds and --until',
    plan: 'budgetNs',
    planLine: (ns) => `a budget of ${formatDuration(ns)}`,
  }),
  /** Warm-up epochs, not measured; 0 for none. */
  warmup: option(whole(0, MAX_EPOCHS), {
    flag: '--warmup <n>',
    group: 'How long',
    help: 'warm-up epochs, not measured; they last at least 0.2 s and at most 1 s; 0 for none',
    default: 3,
    plan: 'warmup',
    planLine: (warmup) => (warmup === 0 ? 'no warm-up' : counted(warmup, 'warm-up epoch')),
  }),

  /** Engines to run on: `auto`, `all`, one or several. */
  engine: option(words(ENGINES, ['auto', 'all']), {
    flag: '-E, --engine <list>',
    group: 'Engine',
    help: `engines to run on: auto (the first that has a GPU, otherwise cpu), all, or some of ${ENGINES.join(', ')}`,
    default: 'auto',
  }),
  /** Index of the device among the visible ones. */
  device: option(whole(0, 65_535), {
    flag: '--device <n>',
    group: 'Engine',
    help: 'index of the device among the visible ones',
    default: 0,
  }),

  json: option(path, {
    flag: '--json <path>',
    group: 'Output',
    help: 'write the record; - writes it to standard output instead of the table',
    commandLineOnly: true,
  }),
  csv: option(path, {
    flag: '--csv <path>',
    group: 'Output',
    help: 'write the rows as CSV',
    commandLineOnly: true,
  }),
  markdown: option(path, {
    flag: '--markdown <path>',
    group: 'Output',
    help: 'write the table as Markdown',
    commandLineOnly: true,
  }),
  html: option(path, {
    flag: '--html <path>',
    group: 'Output',
    help: 'write an HTML page with the answer, charts, the table and the record',
    commandLineOnly: true,
  }),
  quiet: option(toggle, {
    flag: '--quiet',
    group: 'Output',
    help: 'print only errors',
    default: false,
    commandLineOnly: true,
  }),
  progress: option(toggle, {
    flag: '--no-progress',
    group: 'Output',
    help: 'do not show progress',
    default: true,
    commandLineOnly: true,
  }),
} as const;

const SHUFFLED = {
  once: 'mini-batches in one shuffled order',
  epoch: 'mini-batches in a new shuffled order every epoch',
  none: 'mini-batches in file order',
} as const;

export type Table = typeof RUN_OPTIONS;
export type OptionName = keyof Table;
/** The options of the programmatic API. */
export type ProgramName = {
  [K in OptionName]: Table[K] extends { commandLineOnly: true } ? never : K;
}[OptionName];
export type ValueOf<K extends OptionName> =
  Table[K]['kind'] extends Kind<infer Value, infer _> ? Value : never;
type InputOf<K extends OptionName> =
  Table[K]['kind'] extends Kind<infer Value, infer Input> ? Value | Input : never;

/** The options that a program can pass to `run`. An omitted option has the default of its flag. Times are ns. */
export type RunSettings = {
  // The mapping uses the table's own keys, so that editors show the comments and jump to the entries.
  readonly [K in keyof Table as K extends ProgramName ? K : never]?: InputOf<K> | undefined;
};

/** Validated options, in which every option with a default has a value. */
export type Settings = {
  readonly [K in ProgramName]: Table[K] extends { default: unknown } ? ValueOf<K> : ValueOf<K> | undefined;
};

/** The options that define a step and an epoch. `batch`, `work` and `chunk` do so too, but a plan has one value of each. */
export type StepOptionName = {
  [K in ProgramName]: Table[K] extends { definesStep: true } ? K : never;
}[ProgramName];

/** Every option with its name, in the order of the table. */
export const OPTION_ENTRIES = Object.entries(RUN_OPTIONS) as readonly (readonly [
  OptionName,
  Option<unknown, unknown>,
])[];

/** The names of the options of the programmatic API. */
export const PROGRAM_NAMES = OPTION_ENTRIES.flatMap(([name, { commandLineOnly }]) =>
  commandLineOnly ? [] : [name as ProgramName],
);
