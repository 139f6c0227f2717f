/** What an option accepts that has no flag, because only a program can pass it. */
export interface FlaglessOption {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** The options of `run`, `openFile`, `openDataset` and `load` that have no flag. Their types stand where they are used. */
export const FLAGLESS_OPTIONS = {
  signal: { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal },
  progress: {
    expected: 'an object with the methods loading and phase, and optionally process',
    accepts: (value) => {
      const { loading, phase, process: ofProcess = phase } = fieldsOf(value);
      return [loading, phase, ofProcess].every(isFunction);
    },
  },
  clock: {
    expected: 'an object with the method nowNs',
    accepts: (value) => isFunction(fieldsOf(value).nowNs),
  },
  startedNs: { expected: 'a time of the clock in nanoseconds', accepts: Number.isFinite },
  verbose: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  argv: {
    expected: 'a list of strings',
    accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  },
  onProgress: { expected: 'a function', accepts: isFunction },
  standardInput: { expected: 'a function that returns a stream', accepts: isFunction },
} as const satisfies Record<string, FlaglessOption>;

export type FlaglessName = keyof typeof FLAGLESS_OPTIONS;

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
