import { setImmediate } from 'node:timers/promises';
import { PinbenchError } from '../errors.js';
import type { ProgressDisplay } from '../progress-display.js';
import { isWatched, type Terminal } from '../terminal.js';

/** What a long piece of work receives. */
export interface WorkContext {
  /** Aborted by the first signal that asks the process to end. */
  readonly signal: AbortSignal;
  /** Undefined if progress is not shown. */
  readonly progress: ProgressDisplay | undefined;
}

/** Runs work that signals can stop and that can show progress. Restores the terminal however the work ends. */
export async function interruptible<T>(
  terminal: Terminal,
  showsProgress: boolean,
  work: (context: WorkContext) => Promise<T>,
): Promise<T> {
  const interruption = new AbortController();
  const stopListening = terminal.onInterrupt(() => interruption.abort());
  let progress: ProgressDisplay | undefined;
  const removeProgress = terminal.undoAtExit(() => progress?.stop());
  try {
    if (showsProgress) progress = await displayOn(terminal);
    return await work({ signal: interruption.signal, progress });
  } finally {
    removeProgress();
    stopListening();
  }
}

/**
 * Does work that a signal must not cut short, because it would leave a file half written or a result unprinted. Throws `interrupted`
 * after the work if a signal arrived meanwhile. With `thenEnds`, signals are held back until the process has ended, because nothing is
 * left to stop.
 */
export async function uninterrupted<T>(
  terminal: Terminal,
  subject: string,
  work: () => T | Promise<T>,
  { thenEnds = false } = {},
): Promise<T> {
  const release = terminal.holdSignals();
  const outcome = await Promise.resolve()
    .then(work)
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  // A signal that came while JavaScript ran is delivered by the event loop.
  await setImmediate();
  if (thenEnds) terminal.holdSignals();
  const signalled = release();
  if ('error' in outcome) throw outcome.error;
  if (signalled) throw new PinbenchError('interrupted', { subject, observed: INTERRUPTED });
  return outcome.value;
}

const INTERRUPTED = 'interrupted; what was being written is complete';

/** A progress bar on an interactive terminal; otherwise lines for a log. */
async function displayOn(terminal: Terminal): Promise<ProgressDisplay> {
  if (isWatched(terminal)) return new (await import('../progress-bar.js')).ProgressBar(terminal.stderr);
  return new (await import('../progress-lines.js')).ProgressLines(terminal.stderr);
}
