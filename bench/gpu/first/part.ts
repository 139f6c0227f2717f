// One check of first-contact, with its own time limit.
import { constants } from 'node:os';
import process from 'node:process';
import { type Command, type End, runChild } from './child.js';

/** The most characters of a part's output that are kept for the summary. */
const MAX_KEPT = 20_000;
/** The number of last lines of a part's output that the summary shows. */
const SHOWN_LINES = 12;
const CRASHES: readonly string[] = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS'];

export interface Part extends Command {
  readonly name: string;
  /** Its time limit in seconds, which includes `prepare`. */
  readonly seconds: number;
  /** Writes the data that the part reads. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
}

export interface Outcome {
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly what: string;
  readonly seconds: number;
  readonly lines: readonly string[];
}

/** Why a part was stopped. */
type Ending = 'limit' | 'interrupted';

/** Runs a part until it ends, reaches its limit or `interrupt` is aborted. Never throws. */
export async function runPart(
  part: Part,
  seconds: number,
  interrupt: AbortSignal,
  hear: (text: string) => void,
): Promise<Outcome> {
  const begin = performance.now();
  const sinceBegin = () => (performance.now() - begin) / 1000;
  const control = new AbortController();
  const end = (ending: Ending) => control.abort(ending);
  const interrupted = () => end('interrupted');
  const timer = setTimeout(() => end('limit'), seconds * 1000);
  interrupt.addEventListener('abort', interrupted);
  if (interrupt.aborted) interrupted();
  let said = '';
  const keep = (text: string) => {
    said = `${said}${text}`.slice(-MAX_KEPT);
    hear(text);
  };
  const outcome = ({ state, what }: Pick<Outcome, 'state' | 'what'>, took = sinceBegin()): Outcome => ({
    ...{ state, what, seconds: took },
    lines: said.trimEnd().split('\n').slice(-SHOWN_LINES),
  });
  try {
    await prepared(part, control.signal);
    const ended = await runChild(part, control.signal, keep);
    return outcome(verdict(ended, control.signal.reason as Ending | undefined, seconds, sinceBegin()));
  } catch (error) {
    return outcome(reasonOf(error, part, control.signal.reason as Ending | undefined, seconds, sinceBegin()));
  } finally {
    clearTimeout(timer);
    interrupt.removeEventListener('abort', interrupted);
  }
}

/** Waits until the data is written, but no longer than `signal` allows: a hanging write must not block. */
async function prepared({ prepare }: Part, signal: AbortSignal): Promise<void> {
  if (prepare === undefined) return;
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
  await Promise.race([aborted, prepare(signal)]);
  signal.throwIfAborted();
}

type Verdict = Pick<Outcome, 'state' | 'what'>;

const failed = (what: string): Verdict => ({ state: 'failed', what });

function endedBy(ending: Ending, limit: number, seconds: number): Verdict {
  if (ending === 'limit') return failed(`ended at its time limit of ${limit.toFixed(0)} s`);
  return failed(`interrupted after ${seconds.toFixed(1)} s`);
}

function verdict(
  { code, signal, seconds, leftOthers }: End,
  ending: Ending | undefined,
  limit: number,
  total: number,
): Verdict {
  if (ending !== undefined) {
    const { what } = endedBy(ending, limit, total);
    return failed(code === null && signal === null ? `${what}; even SIGKILL did not end it` : what);
  }
  const after = `after ${seconds.toFixed(1)} s`;
  if (signal === 'SIGKILL') return failed(`killed ${after}, but not by its time limit: out of memory?`);
  if (signal !== null)
    return failed(`${CRASHES.includes(signal) ? 'crashed' : 'ended'} ${after} by ${signal}`);
  if (code !== 0) return failed(`exit code ${code}${asOfSignal(code!)}`);
  return { state: 'passed', what: leftOthers ? 'passed; processes it left running were ended' : 'passed' };
}

/** The signal that an exit code above 128 stands for, as shells and wrappers report it, in brackets. */
function asOfSignal(code: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return found === undefined ? '' : ` (${found[0]})`;
}

function reasonOf(
  error: unknown,
  { command }: Part,
  ending: Ending | undefined,
  limit: number,
  total: number,
): Verdict {
  if (ending !== undefined) return endedBy(ending, limit, total);
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (!syscall?.startsWith('spawn')) return failed(`cannot be prepared: ${message ?? error}`);
  if (code === 'ENOENT' && command !== process.execPath) {
    return { state: 'skipped', what: `skipped: ${command} is not installed` };
  }
  return failed(`${command} cannot be started: ${message}`);
}
