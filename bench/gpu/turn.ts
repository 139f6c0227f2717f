import { setImmediate } from 'node:timers/promises';

/** Yields to the event loop so that signals are handled, which synchronous steps prevent. Throws if `signal` is aborted. */
export async function turn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
