import type { DType } from '../words.js';
import { castTo } from './cast.js';
import { allocate, type Values } from './dataset.js';
import { inFlight } from './in-flight.js';
import type { Payload } from './payload.js';

/** Elements that are contiguous both in the file and in the matrix. */
export interface Run {
  /** Byte offset in the file. */
  readonly position: number;
  /** Index of the first element in the matrix. */
  readonly first: number;
  readonly count: number;
}

/**
 * Reads runs of elements of type `from` into a matrix of type `to`: directly if no cast is needed, otherwise through one chunk
 * per lane.
 */
export async function readRowMajor(
  payload: Payload,
  runs: readonly Run[],
  from: DType,
  values: Values,
  to: DType,
  chunkBytes: number,
): Promise<void> {
  const { elementBytes } = payload;
  const perChunk = chunkBytes / elementBytes;
  const chunks = runs.flatMap((run) => chunksOf(run, perChunk, elementBytes));
  const lanes: Values[] = [];
  await inFlight(chunks.length, async (index, lane) => {
    const { position, first, count } = chunks[index]!;
    const bytes = count * elementBytes;
    if (from === to) {
      await payload.read(new Uint8Array(values.buffer, first * elementBytes, bytes), position);
      return;
    }
    lanes[lane] ??= allocate(from, Math.min(perChunk, values.length));
    await payload.read(new Uint8Array(lanes[lane].buffer, 0, bytes), position);
    castTo(to)(lanes[lane], from, 0, count, values, first, 1);
  });
}

function chunksOf({ position, first, count }: Run, perChunk: number, elementBytes: number): Run[] {
  return Array.from({ length: Math.ceil(count / perChunk) }, (_, chunk) => {
    const done = chunk * perChunk;
    return {
      position: position + done * elementBytes,
      first: first + done,
      count: Math.min(perChunk, count - done),
    };
  });
}
