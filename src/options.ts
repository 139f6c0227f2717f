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
import { formatDuration, formatInteger, formatPercent } from './units.js';
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

/** One option of a run. Everything that pinbench knows about it is here; `options.test.ts` says what follows from it. */
interface Option<Value, Input> {
  readonly kind: Kind<Value, Input>;
  /** As commander declares it. */
  readonly flag: string;
  readonly group: (typeof OPTION_GROUPS)[number];
  readonly help: string;
  /** Used where the option is not given. Absent: `defaultHelp` says what happens then. */
  readonly default?: Value;
  /** Replaces the default in the help text. */
  readonly defaultHelp?: string;
  /** Its field in a record's `plan`. Absent: it is not recorded. */
  readonly plan?: string;
  /** Two records must agree in it, or their times are not compared. */
  readonly comparable?: true;
  /** Its words in the plan line of the table; nothing where they would say only what is usual. */
  readonly planLine?: (value: Value) => string | undefined;
  /** Programs do not have it: it is about the terminal or about files. */
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
/** Rounds in each of several processes, where `--rounds` does not say otherwise. */
export const ROUNDS_A_PROCESS = 10;
/** Rows per mini-batch where `--batch` is not given; all rows where there are fewer. */
export const DEFAULT_BATCH = 32;
/** Warm-up lasts at least and at most this long, unless `--warmup 0` asks for none, ns. */
export const WARM_UP_NS = { least: 200e6, most: 1e9 } as const;

/**
 * Every option of a run, by the name it has in `RunOptions`. The order is the order of the help and of the plan line. The comment of
 * an entry is what an editor shows of it to who calls `run`.
 */
export const RUN_OPTIONS = {
  /** Element type on the device: `native` keeps the file's own where the engine can. */
  dtype: option(word(DTYPE_REQUESTS), {
    flag: '--dtype <word>',
    group: 'Data',
    help: `element type on the device: ${DTYPE_REQUESTS.join(', ')}`,
    default: 'float32',
    plan: 'dtype',
    comparable: true,
    planLine: (dtype) => (dtype === 'native' ? "the file's own element type" : undefined),
  }),
  /** Arrow columns that form the matrix, in this order; all numeric ones where not given. */
  columns: option(names, {
    flag: '--column <names>',
    group: 'Data',
    help: 'Arrow columns that form the matrix, separated by commas; write a comma within a name as \\,',
    defaultHelp: "all numeric columns except pandas' indexes",
    plan: 'columns',
    comparable: true,
    planLine: (columns) => `columns ${columns.map(shown).join(', ')}`,
  }),
  /** `slice`: a mini-batch is contiguous rows; `gather`: its rows are drawn anew every epoch. */
  sampling: option(word(SAMPLINGS), {
    flag: '--sampling <word>',
    group: 'Data',
    help: 'slice: a mini-batch is contiguous rows; gather: all rows are shuffled in every epoch',
    default: 'slice',
    plan: 'sampling',
    comparable: true,
    planLine: (sampling) => (sampling === 'gather' ? 'rows drawn anew every epoch' : undefined),
  }),
  /** When the order of the mini-batches is drawn. */
  shuffle: option(word(SHUFFLES), {
    flag: '--shuffle <word>',
    group: 'Data',
    help: 'when to shuffle the mini-batches: once, every epoch, or none (file order)',
    default: 'once',
    plan: 'shuffle',
    comparable: true,
    planLine: (shuffle) => SHUFFLED[shuffle],
  }),
  /** Seed of the order and of the round schedule. */
  seed: option(whole(0, MAX_SEED), {
    flag: '--seed <n>',
    group: 'Data',
    help: 'random seed for the batch order and the round schedule',
    default: 1,
    plan: 'seed',
    planLine: (seed) => `seed ${seed}`,
  }),
  /** What becomes of the rows that do not fill a mini-batch. */
  remainder: option(word(REMAINDERS), {
    flag: '--remainder <word>',
    group: 'Data',
    help: 'drop or keep the rows that do not fill a mini-batch',
    default: 'drop',
    plan: 'remainder',
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
  /** How often the graph runs per mini-batch; more stands for a heavier model. */
  work: option(wholes(MAX_WORK), {
    flag: '--work <list>',
    group: 'What to measure',
    help: 'how many times the graph runs per mini-batch; more runs stand for a heavier model',
    default: [1],
    plan: 'works',
  }),
  /** How mini-batches reach the graph: `all`, one or several. */
  strategy: option(words(STRATEGIES, ['all']), {
    flag: '-s, --strategy <list>',
    group: 'What to measure',
    help: `strategies to compare: all, or some of ${STRATEGIES.join(', ')}`,
    default: ['feed', 'pin'],
  }),
  /** How many mini-batches `feed-chunk` copies at once, at most those of an epoch. */
  chunk: option(whole(1, MAX_CHUNK), {
    flag: '--chunk <n>',
    group: 'What to measure',
    help: 'mini-batches that feed-chunk copies in one transfer, at most those of one epoch',
    defaultHelp: 'as many as make 8 MiB',
    plan: 'chunk',
    comparable: true,
    planLine: (chunk) => `${chunk} mini-batches a chunk`,
  }),
  /** Whether the scalars come back after every step or after every epoch. */
  fetch: option(word(FETCHES), {
    flag: '--fetch <word>',
    group: 'What to measure',
    help: 'bring the scalars back to the host after every step, or after every epoch',
    default: 'step',
    plan: 'fetch',
    comparable: true,
    planLine: (fetch) => `scalars fetched every ${fetch}`,
  }),
  /** On cuda, whether a scalar comes back through mapped memory or by a copy. */
  readback: option(word(READBACKS), {
    flag: '--readback <word>',
    group: 'What to measure',
    help: 'how cuda brings a scalar back: through mapped memory, or by a copy',
    default: 'mapped',
    plan: 'readback',
    comparable: true,
    planLine: (readback) => (readback === 'copy' ? 'scalars copied back' : undefined),
  }),
  /** Predict the speedup for a model that adds this much to every step, ns. */
  modelNs: option(microseconds, {
    flag: '--model-us <n>',
    group: 'What to measure',
    help: 'predict the speedup for a model that adds this many µs to every step',
    plan: 'modelNs',
  }),

  /** Measure at least this many epochs of each strategy; where not given, `untilPercent` decides. */
  epochs: option(whole(1, MAX_EPOCHS), {
    flag: '-e, --epochs <n>',
    group: 'How long',
    help: 'measure at least this many epochs of each strategy, in up to 20 rounds',
    defaultHelp: 'until --until is reached, for at most 5 s per case',
    plan: 'epochs',
    planLine: (epochs) => `${countOf(epochs, 'epoch')} asked for`,
  }),
  /** Measure exactly this many rounds of blocks of at least `minTimeNs`. */
  rounds: option(whole(1, MAX_ROUNDS), {
    flag: '--rounds <n>',
    group: 'How long',
    help: 'measure exactly this many rounds; each block lasts at least --min-time',
    defaultHelp: 'set by --epochs, or until --until is reached',
    planLine: (rounds) => `${countOf(rounds, 'round')} asked for`,
  }),
  /** Repeat the measurement in so many fresh processes, `rounds` rounds in each; from 6 on the interval is taken over them. */
  processes: option(whole(1, MAX_PROCESSES), {
    flag: '--processes <n>',
    group: 'How long',
    help: `repeat the measurement in this many fresh processes, ${ROUNDS_A_PROCESS} rounds in each; with 6 or more, the interval of the speedup is taken over the processes`,
    defaultHelp: '1',
    plan: 'processes',
    planLine: (processes) => (processes === 1 ? undefined : `${processes} processes asked for`),
  }),
  /** Shortest timed block, ns, at most a second: short epochs are repeated to fill it; 0 measures exactly `epochs`. */
  minTimeNs: option(duration({ zero: true, most: 1e9 }), {
    flag: '--min-time <time>',
    group: 'How long',
    help: 'shortest timed block, at most 1s; short epochs are repeated to fill it; 0 measures exactly --epochs',
    default: 10e6,
    defaultHelp: '10ms',
    plan: 'minTimeNs',
    planLine: (ns) => (ns === 0 ? 'no epoch is repeated' : `blocks of at least ${formatDuration(ns)}`),
  }),
  /** Measure until half the width of the speedup's 95 % interval is at most this, percent. */
  untilPercent: option(percent, {
    flag: '--until <percent>',
    group: 'How long',
    help: "measure until half the width of the speedup's 95 % interval is at most this percentage",
    defaultHelp: '1 where --epochs is not given',
    plan: 'untilPercent',
    planLine: (value) => `until the interval is ±${formatPercent(value)}`,
  }),
  /** Bounds the whole run, loading included, ns; overrules `epochs` and `untilPercent`. */
  budgetNs: option(duration(), {
    flag: '--budget <time>',
    group: 'How long',
    help: 'time limit of the whole command, loading included: 90s, 10m, 1h; it takes precedence over --epochs and --until',
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
    planLine: (warmup) => (warmup === 0 ? 'no warm-up' : countOf(warmup, 'warm-up epoch')),
  }),

  /** What executes the graph: `auto`, `all`, one or several. */
  engine: option(words(ENGINES, ['auto', 'all']), {
    flag: '-E, --engine <list>',
    group: 'Engine',
    help: `engines to run on: auto, all, or some of ${ENGINES.join(', ')}`,
    default: 'auto',
  }),
  /** Ordinal among the visible devices. */
  device: option(whole(0, 65_535), {
    flag: '--device <n>',
    group: 'Engine',
    help: 'index of the device among the visible ones',
    default: 0,
  }),

  json: option(path, {
    flag: '--json <path>',
    group: 'Output',
    help: "write the record; '-' writes it to standard output instead of the table",
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

function countOf(count: number, what: string): string {
  return `${formatInteger(count)} ${what}${count === 1 ? '' : 's'}`;
}

const SHUFFLED = {
  once: 'mini-batches in one shuffled order',
  epoch: 'mini-batches in a new shuffled order every epoch',
  none: 'mini-batches in file order',
} as const;

export type Table = typeof RUN_OPTIONS;
export type OptionName = keyof Table;
/** The options that programs have too. */
export type ProgramName = {
  [K in OptionName]: Table[K] extends { commandLineOnly: true } ? never : K;
}[OptionName];
export type ValueOf<K extends OptionName> =
  Table[K]['kind'] extends Kind<infer Value, infer _> ? Value : never;
type InputOf<K extends OptionName> =
  Table[K]['kind'] extends Kind<infer Value, infer Input> ? Value | Input : never;

/** What a program may tell a run. An option that is not given has the default of the flag. Times are ns. */
export type RunSettings = {
  // Mapped from the table's own keys, it keeps their comments and leads an editor to the entry.
  readonly [K in keyof Table as K extends ProgramName ? K : never]?: InputOf<K> | undefined;
};

/** The same, validated: an option that has a default has a value. */
export type Settings = {
  readonly [K in ProgramName]: Table[K] extends { default: unknown } ? ValueOf<K> : ValueOf<K> | undefined;
};

/** Every option with its name, in the order of the table. */
export const OPTION_ENTRIES = Object.entries(RUN_OPTIONS) as readonly (readonly [
  OptionName,
  Option<unknown, unknown>,
])[];
