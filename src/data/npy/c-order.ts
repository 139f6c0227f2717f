import type { DType } from '../../words.js';
import { castToFloat32 } from '../cast.js';
import { allocate, type Values } from '../dataset.js';
import { inFlight } from '../in-flight.js';
import type { Matrix, Payload } from './data.js';

/** Rows follow each other in the file: straight into place where no cast is needed, else through a chunk a lane. */
export async function readRowMajor(
  payload: Payload,
  matrix: Matrix,
  values: Values,
  dtype: DType,
  chunkBytes: number,
): Promise<void> {
  const perChunk = chunkBytes / payload.elementBytes;
  const straight = dtype === matrix.dtype;
  const lanes: Values[] = [];
  await inFlight(Math.ceil(values.length / perChunk), async (chunk, lane) => {
    const first = chunk * perChunk;
    const count = Math.min(perChunk, values.length - first);
    const bytes = count * payload.elementBytes;
    if (straight) {
      await payload.read(new Uint8Array(values.buffer, first * payload.elementBytes, bytes), first);
      return;
    }
    lanes[lane] ??= allocate(matrix.dtype, Math.min(perChunk, values.length));
    await payload.read(new Uint8Array(lanes[lane].buffer, 0, bytes), first);
    castToFloat32(lanes[lane], matrix.dtype, 0, count, values as Float32Array, first, 1);
  });
}
