/**
 * Number of concurrent reads: page faults and copies on several threads of Node's pool overlap with each other and with casting.
 */
export const IN_FLIGHT = 4;

/**
 * Runs `task(index, lane)` for every index below `count`, started in order, on `IN_FLIGHT` lanes. A lane runs one task at a time,
 * so each lane may own a scratch buffer. After a task throws, no other is started; its error is thrown once the running tasks
 * have ended.
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
