import { abridgedTogether, printable } from './text.js';

/** What went wrong, as a literal a program can switch on; `EXIT` gives each its exit code. */
export type ErrorCode =
  /** An invalid flag or argument: exit 2. */
  | 'usage'
  /** A data file or a record that cannot be read: exit 3. */
  | 'data'
  /** An engine or a device that is not there: exit 4. */
  | 'engine'
  /** A result that differs from the reference: exit 5. */
  | 'mismatch'
  /** A baseline that does not match what is compared with it: exit 7. */
  | 'baseline'
  /** Stopped by the user: exit 130. */
  | 'interrupted';

/** The exit codes, by what they mean. */
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

/** The parts of an error's one line: what it is about, what was seen, what was expected, what to do. */
export interface ErrorParts {
  /** The file, flag, engine or column the error is about. */
  readonly subject: string;
  /** What was seen there. */
  readonly observed: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What the reader can do about it. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Every error pinbench raises on purpose. Anything else that reaches `main` is a bug of ours (exit 70). */
export class PinbenchError extends Error {
  override readonly name = 'PinbenchError';
  readonly code: ErrorCode;
  readonly subject: string;
  readonly observed: string;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(
      code === 'engine' ? oneLine(parts) : oneLine(abridgedParts(parts)),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.code = code;
    this.subject = parts.subject;
    this.observed = parts.observed;
    this.expected = parts.expected;
    this.remedy = parts.remedy;
  }
}

/** Characters of a message at most. What an engine says of itself is longer, and belongs into a report as it is. */
const MOST_CHARACTERS = 399;
/** What stands between the parts. */
const BETWEEN_CHARACTERS = ': ; expected ; '.length;

/** Names and paths may be of any length: the message has as much of them as fits, the properties of the error have all. */
function abridgedParts({ subject, observed, expected, remedy }: ErrorParts): ErrorParts {
  const texts = [subject, observed, expected ?? '', remedy ?? ''];
  const most = MOST_CHARACTERS - BETWEEN_CHARACTERS;
  const [shownSubject, shownObserved, shownExpected, shownRemedy] = abridgedTogether(texts, most);
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

/** A data file that cannot be read: `subject` is its path. */
export function dataError(
  subject: string,
  observed: string,
  rest: Omit<ErrorParts, 'subject' | 'observed'> = {},
) {
  return new PinbenchError('data', { subject, observed, ...rest });
}

/** An invalid flag or argument: `subject` is the flag. */
export function usageError(
  subject: string,
  observed: string,
  rest: Omit<ErrorParts, 'subject' | 'observed'> = {},
) {
  return new PinbenchError('usage', { subject, observed, ...rest });
}

/** Stopped by a signal while a data file was read: `subject` is its path. */
export function interruptedError(subject: string, cause: unknown) {
  return new PinbenchError('interrupted', { subject, observed: 'interrupted while loading', cause });
}
