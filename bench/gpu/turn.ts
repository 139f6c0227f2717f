import { setImmediate } from 'node:timers/promises';

/** Lets the process hear signals, which the loops of steps do not; throws where it was told to end. */
export async function turn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
