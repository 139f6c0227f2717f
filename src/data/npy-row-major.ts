import type { DType } from '../words.js';
import { castToFloat32 } from './cast.js';
import { allocate, type Values } from './dataset.js';
import type { Matrix, Payload } from './npy-payload.js';

/** Rows follow each other in the file: straight into place where no cast is needed, else through a chunk. */
export async function readRowMajor(
  payload: Payload,
  matrix: Matrix,
  values: Values,
  dtype: DType,
  chunkBytes: number,
): Promise<void> {
  const elements = values.length;
  const perChunk = chunkBytes / payload.elementBytes;
  const straight = dtype === matrix.dtype;
  const scratch = straight ? undefined : allocate(matrix.dtype, Math.min(perChunk, elements));
  for (let first = 0; first < elements; first += perChunk) {
    const count = Math.min(perChunk, elements - first);
    const bytes = count * payload.elementBytes;
    if (scratch === undefined) {
      await payload.read(new Uint8Array(values.buffer, first * payload.elementBytes, bytes), first);
    } else {
      await payload.read(new Uint8Array(scratch.buffer, 0, bytes), first);
      castToFloat32(scratch, matrix.dtype, 0, count, values as Float32Array, first, 1);
    }
  }
}
