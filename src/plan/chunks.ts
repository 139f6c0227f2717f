/** What a chunk holds at most where `--chunk` does not say, bytes: a copy of it takes long beside its fixed cost on any link. */
export const CHUNK_BYTES = 8 * 2 ** 20;

/** A chunk is this part of a whole one at first: nothing hides the copy that a call begins with, so it had better be short. */
const FIRST = 16;

/** The mini-batches of a chunk: at least one, at most those of an epoch. */
export function chunkOf(asked: number, stepsPerEpoch: number): number {
  return Math.max(1, Math.min(asked, stepsPerEpoch));
}

/** How many of the next mini-batches chunk `index` of a call takes at most: each twice as many as the one before, up to `chunk`. */
export function chunkSteps(chunk: number, index: number): number {
  return Math.min(chunk, Math.ceil(chunk / FIRST) * 2 ** Math.min(index, FIRST));
}

/** How many chunks a call of `steps` steps takes where no mini-batch is short. */
export function chunksIn(chunk: number, steps: number): number {
  let chunks = 0;
  for (let left = steps; left > 0; chunks++) left -= chunkSteps(chunk, chunks);
  return chunks;
}
