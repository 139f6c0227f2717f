/**
 * The most that a chunk holds if `--chunk` is not given, bytes: on any link, copying this much takes long compared with the fixed
 * cost of a copy.
 */
export const CHUNK_BYTES = 8 * 2 ** 20;

/**
 * The first chunk is this fraction of a full one: nothing hides the copy that a call begins with, so that copy should be short.
 */
const FIRST = 16;

/** The number of mini-batches in a chunk: at least one, at most those of an epoch. */
export function chunkOf(asked: number, stepsPerEpoch: number): number {
  return Math.max(1, Math.min(asked, stepsPerEpoch));
}

/** The most mini-batches in chunk `index` of a call: each chunk has twice as many as the previous one, up to `chunk`. */
export function chunkSteps(chunk: number, index: number): number {
  return Math.min(chunk, Math.ceil(chunk / FIRST) * 2 ** Math.min(index, FIRST));
}

/** How many chunks a call of `steps` steps takes if no mini-batch is short. */
export function chunksIn(chunk: number, steps: number): number {
  let chunks = 0;
  for (let left = steps; left > 0; chunks++) left -= chunkSteps(chunk, chunks);
  return chunks;
}
