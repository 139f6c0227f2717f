import type {
  CompareFormat,
  DTypeRequest,
  EngineName,
  Failure,
  Fetch,
  Metric,
  Readback,
  Remainder,
  ReportFormat,
  Sampling,
  SchemaName,
  Shuffle,
  StrategyName,
} from '../words.js';

/** Where a rendered record goes; `-` is standard output. */
export interface Output {
  readonly format: ReportFormat;
  readonly path: string;
}

/** How pinbench may speak to the terminal. */
export interface Manners {
  /** False with `--no-color`. */
  readonly color: boolean;
  /** Stacks behind errors. */
  readonly verbose: boolean;
}

/** `pinbench run`, every flag read and checked as far as it can be without the file. */
export interface RunRequest extends Manners {
  readonly command: 'run';
  readonly file: string;
  readonly batch: readonly number[];
  readonly epochs: number;
  readonly warmup: number;
  readonly strategy: readonly StrategyName[];
  readonly engine: 'auto' | 'all' | readonly EngineName[];
  readonly device: number;
  readonly shuffle: Shuffle;
  readonly sampling: Sampling;
  readonly seed: number;
  readonly remainder: Remainder;
  readonly fetch: Fetch;
  readonly readback: Readback;
  readonly work: readonly number[];
  readonly dtype: DTypeRequest;
  readonly columns: readonly string[] | undefined;
  readonly untilPercent: number | undefined;
  readonly budgetNs: number | undefined;
  readonly modelNs: number | undefined;
  readonly outputs: readonly Output[];
  readonly quiet: boolean;
  readonly progress: boolean;
}

/** `pinbench report`. */
export interface ReportRequest extends Manners {
  readonly command: 'report';
  /** Paths, or patterns of them with `*`. */
  readonly records: readonly string[];
  readonly output: Output;
}

/** `pinbench compare`. */
export interface CompareRequest extends Manners {
  readonly command: 'compare';
  /** Paths, or patterns of them with `*`. */
  readonly bases: readonly string[];
  /** A path, or a pattern of several. */
  readonly head: string;
  readonly thresholdPercent: number | 'auto';
  readonly metric: Metric;
  readonly failOn: readonly Failure[];
  readonly ignoreDevice: boolean;
  readonly format: CompareFormat;
}

/** `pinbench inspect`. */
export interface InspectRequest extends Manners {
  readonly command: 'inspect';
  readonly file: string;
  readonly json: boolean;
}

/** `pinbench engines`. */
export interface EnginesRequest extends Manners {
  readonly command: 'engines';
  readonly json: boolean;
}

/** `pinbench setup tensorflow`. */
export interface SetupRequest extends Manners {
  readonly command: 'setup';
  /** TensorFlow without CUDA. */
  readonly cpu: boolean;
  readonly folder: string | undefined;
}

/** `pinbench schema`. */
export interface SchemaRequest extends Manners {
  readonly command: 'schema';
  /** Whose schema. */
  readonly of: SchemaName;
}

/** What a command line asks for. `print` is help or a version, ready to be printed. */
export type Request =
  | RunRequest
  | CompareRequest
  | ReportRequest
  | InspectRequest
  | EnginesRequest
  | SetupRequest
  | SchemaRequest
  | { readonly command: 'print'; readonly text: string };
