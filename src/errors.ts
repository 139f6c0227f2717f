import { printable, shortenedTogether } from './text.js';

/** The kind of an error, as a literal that a program can switch on. `EXIT` maps each to its exit code. */
export type ErrorCode =
  /** An invalid flag or argument: exit 2. */
  | 'usage'
  /** A data file or a record that cannot be read: exit 3. */
  | 'data'
  /** An engine or a device that is not available: exit 4. */
  | 'engine'
  /** A result that differs from the reference: exit 5. */
  | 'mismatch'
  /** A baseline that cannot be compared with the record: exit 7. */
  | 'baseline'
  /** The user stopped the command: exit 130. */
  | 'interrupted';

/** The exit codes by their meaning. */
export const EXIT = {
  ok: 0,
  regression: 1,
  usage: 2,
  data: 3,
  engine: 4,
  mismatch: 5,
  inconclusive: 6,
  baseline: 7,
  bug: 70,
  interrupted: 130,
} as const satisfies Record<ErrorCode | 'ok' | 'regression' | 'inconclusive' | 'bug', number>;

/** The parts of a one-line error message: the subject, the observation, the expectation and the remedy. */
export interface ErrorParts {
  /** The file, flag, engine or column the error is about. */
  readonly subject: string;
  /** What pinbench found. */
  readonly observed: string;
  /** What would have been valid. */
  readonly expected?: string;
  /** What the user can do. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Every error that pinbench raises deliberately. Any other error that reaches `main` is a bug in pinbench (exit 70). */
export class PinbenchError extends Error {
  override readonly name = 'PinbenchError';
  readonly code: ErrorCode;
  readonly subject: string;
  readonly observed: string;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(
      code === 'engine' ? oneLine(parts) : oneLine(shortenedParts(parts)),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.code = code;
    this.subject = parts.subject;
    this.observed = parts.observed;
    this.expected = parts.expected;
    this.remedy = parts.remedy;
  }
}

/** Maximum length of a message in characters. Messages of engines may be longer and are reported in full. */
const MAX_CHARACTERS = 399;
/** Length of the separators between the parts. */
const BETWEEN_CHARACTERS = ': ; expected ; '.length;

/**
 * Names and paths may have any length. The message contains as much of them as fits; the error's properties contain them in full.
 */
function shortenedParts({ subject, observed, expected, remedy }: ErrorParts): ErrorParts {
  const texts = [subject, observed, expected ?? '', remedy ?? ''];
  const most = MAX_CHARACTERS - BETWEEN_CHARACTERS;
  const [shownSubject, shownObserved, shownExpected, shownRemedy] = shortenedTogether(texts, most);
  return {
    subject: shownSubject!,
    observed: shownObserved!,
    ...(expected !== undefined && { expected: shownExpected! }),
    ...(remedy !== undefined && { remedy: shownRemedy! }),
  };
}

function oneLine({ subject, observed, expected, remedy }: ErrorParts): string {
  return printable(
    `${subject === '' ? '""' : subject}: ${observed}` +
      (expected === undefined ? '' : `; expected ${expected}`) +
      (remedy === undefined ? '' : `; ${remedy}`),
  );
}

/** Error for a data file that cannot be read; `subject` is its path. */
export function dataError(
  subject: string,
  observed: string,
  rest: Omit<ErrorParts, 'subject' | 'observed'> = {},
) {
  return new PinbenchError('data', { subject, observed, ...rest });
}

/** Error for an invalid flag or argument; `subject` is the flag. */
export function usageError(
  subject: string,
  observed: string,
  rest: Omit<ErrorParts, 'subject' | 'observed'> = {},
) {
  return new PinbenchError('usage', { subject, observed, ...rest });
}

/** Error for a signal that arrived while a data file was being read; `subject` is its path. */
export function interruptedError(subject: string, cause: unknown) {
  return new PinbenchError('interrupted', { subject, observed: 'interrupted while loading', cause });
}

/** Error for a signal that arrived before anything was measured; `subject` is the path of the data file. */
export function nothingMeasuredError(subject: string) {
  return new PinbenchError('interrupted', {
    subject,
    observed: 'interrupted',
    remedy: 'no round was finished',
  });
}
