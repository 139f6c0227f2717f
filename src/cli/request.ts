import type { RunSettings } from '../options.js';
import type { CompareFormat, Failure, Metric, ReportFormat, SchemaName } from '../words.js';

/** Where a rendered record goes; `-` is standard output. */
export interface Output {
  readonly format: ReportFormat;
  readonly path: string;
}

/** How a command prints. */
export interface OutputOptions {
  /** False with `--no-color`. */
  readonly color: boolean;
  /** Print more detail, such as the stack trace of an error. */
  readonly verbose: boolean;
}

/** `pinbench run`; every flag is parsed and checked as far as possible without the file. */
export interface RunRequest extends OutputOptions {
  readonly command: 'run';
  readonly file: string;
  /** The options that were given. */
  readonly settings: RunSettings;
  readonly outputs: readonly Output[];
  readonly quiet: boolean;
  readonly progress: boolean;
}

/** `pinbench report`. */
export interface ReportRequest extends OutputOptions {
  readonly command: 'report';
  /** Paths, or patterns with `*`. */
  readonly records: readonly string[];
  readonly output: Output;
}

/** `pinbench compare`. */
export interface CompareRequest extends OutputOptions {
  readonly command: 'compare';
  /** Paths, or patterns with `*`. */
  readonly bases: readonly string[];
  /** A path, or a pattern for several. */
  readonly head: string;
  readonly thresholdPercent: number;
  readonly metric: Metric;
  readonly failOn: readonly Failure[];
  readonly ignoreDevice: boolean;
  readonly format: CompareFormat;
}

/** `pinbench ab`. */
export interface AbRequest extends OutputOptions {
  readonly command: 'ab';
  /** Folders with a pinbench in their `node_modules`, or built checkouts of pinbench. */
  readonly base: string;
  readonly head: string;
  /** The arguments of `pinbench run` in both folders. */
  readonly args: readonly string[];
  /** Pairs of processes; `undefined`: as many as fit in the budget. */
  readonly pairs: number | undefined;
  readonly budgetNs: number;
  readonly thresholdPercent: number;
  /** The metrics to judge. */
  readonly metrics: readonly Metric[];
  readonly failOn: readonly Failure[];
  /** A folder for the records of both sides and the comparison. */
  readonly out: string | undefined;
  readonly format: CompareFormat;
}

/** `pinbench inspect`. */
export interface InspectRequest extends OutputOptions {
  readonly command: 'inspect';
  readonly file: string;
  readonly json: boolean;
}

/** `pinbench engines`. */
export interface EnginesRequest extends OutputOptions {
  readonly command: 'engines';
  readonly json: boolean;
}

/** `pinbench setup tensorflow`. */
export interface SetupRequest extends OutputOptions {
  readonly command: 'setup';
  /** Build TensorFlow without CUDA. */
  readonly cpu: boolean;
  readonly folder: string | undefined;
}

/** `pinbench schema`. */
export interface SchemaRequest extends OutputOptions {
  readonly command: 'schema';
  /** The document whose schema is printed. */
  readonly of: SchemaName;
}

/** The request of a command line. `print` is help or a version as text. */
export type Request =
  | RunRequest
  | CompareRequest
  | AbRequest
  | ReportRequest
  | InspectRequest
  | EnginesRequest
  | SetupRequest
  | SchemaRequest
  | { readonly command: 'print'; readonly text: string };
