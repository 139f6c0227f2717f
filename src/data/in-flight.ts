/** Reads under way at once: page faults and copies of several threads of Node's pool overlap, and so does casting. */
export const IN_FLIGHT = 4;

/**
 * Runs `task(index, lane)` for every index below `count`, in order of their start, on `IN_FLIGHT` lanes. A lane has one
 * task at a time, so what it is given to work in is its own. When a task throws no other is begun, and its error is thrown
 * once those under way have ended.
 */
export async function inFlight(
  count: number,
  task: (index: number, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const lane = async (_: unknown, number: number) => {
    while (next < count && failure === undefined) {
      const index = next;
      next += 1;
      await task(index, number).catch((error: unknown) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count) }, lane));
  if (failure !== undefined) throw failure.error;
}
