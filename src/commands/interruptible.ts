import type { ProgressDisplay } from '../progress-display.js';
import { isWatched, type Terminal } from '../terminal.js';

/** What work that takes long is given. */
export interface Attendance {
  /** Aborted at the first signal that asks the process to end. */
  readonly signal: AbortSignal;
  /** Absent where progress is not shown. */
  readonly progress: ProgressDisplay | undefined;
}

/** Does work that a signal stops and whose progress is shown, and leaves the terminal as it was, however the work ends. */
export async function interruptible<T>(
  terminal: Terminal,
  showsProgress: boolean,
  work: (attendance: Attendance) => Promise<T>,
): Promise<T> {
  const progress = showsProgress ? await displayOn(terminal) : undefined;
  const interruption = new AbortController();
  const stopListening = terminal.onInterrupt(() => interruption.abort());
  const removeProgress = terminal.undoAtExit(() => progress?.stop());
  try {
    return await work({ signal: interruption.signal, progress });
  } finally {
    removeProgress();
    stopListening();
  }
}

/** A line that is drawn over itself where somebody watches, else lines for a log. */
async function displayOn(terminal: Terminal): Promise<ProgressDisplay> {
  if (isWatched(terminal)) return new (await import('../progress-bar.js')).ProgressBar(terminal.stderr);
  return new (await import('../progress-lines.js')).ProgressLines(terminal.stderr);
}
