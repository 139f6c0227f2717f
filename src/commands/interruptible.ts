import type { ProgressBar } from '../progress-bar.js';
import type { Terminal } from '../terminal.js';

/** What work that takes long is given. */
export interface Attendance {
  /** Aborted at the first signal that asks the process to end. */
  readonly signal: AbortSignal;
  /** Absent where progress is not drawn. */
  readonly bar: ProgressBar | undefined;
}

/** Does work that a signal stops and a progress bar shows, and leaves the terminal as it was, however the work ends. */
export async function interruptible<T>(
  terminal: Terminal,
  drawsProgress: boolean,
  work: (attendance: Attendance) => Promise<T>,
): Promise<T> {
  const bar = drawsProgress
    ? new (await import('../progress-bar.js')).ProgressBar(terminal.stderr)
    : undefined;
  const interruption = new AbortController();
  const stopListening = terminal.onInterrupt(() => interruption.abort());
  const removeBar = terminal.undoAtExit(() => bar?.stop());
  try {
    return await work({ signal: interruption.signal, bar });
  } finally {
    removeBar();
    stopListening();
  }
}
