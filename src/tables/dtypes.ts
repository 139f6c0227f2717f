/** How the elements of a type are stored and summed. */
interface DTypeEntry {
  /** The array type that holds the elements: a float16 as its bits, a bool as a byte. */
  readonly array: { readonly BYTES_PER_ELEMENT: number };
  /** The type of a sum of squares: float64 if float32 would lose integers or digits. */
  readonly sum: 'float32' | 'float64';
  /** Present if `--dtype` may name the type; `data/cast.ts` then casts every other type to it. */
  readonly request?: true;
}

/** The element types that a dataset may have, by their numpy names. Each has a kernel in `engine/cuda/kernels/`. */
export const DTYPE_TABLE = {
  bool: { array: Uint8Array, sum: 'float32' },
  int8: { array: Int8Array, sum: 'float32' },
  uint8: { array: Uint8Array, sum: 'float32' },
  int16: { array: Int16Array, sum: 'float32' },
  uint16: { array: Uint16Array, sum: 'float32' },
  int32: { array: Int32Array, sum: 'float64' },
  uint32: { array: Uint32Array, sum: 'float64' },
  int64: { array: BigInt64Array, sum: 'float64' },
  uint64: { array: BigUint64Array, sum: 'float64' },
  float16: { array: Uint16Array, sum: 'float32' },
  float32: { array: Float32Array, sum: 'float32', request: true },
  float64: { array: Float64Array, sum: 'float64' },
} as const satisfies Record<string, DTypeEntry>;

export type DType = keyof typeof DTYPE_TABLE;
export const DTYPES: readonly DType[] = Object.keys(DTYPE_TABLE) as DType[];

/** The types that `--dtype` may name. */
export type RequestedDType = {
  [T in DType]: (typeof DTYPE_TABLE)[T] extends { readonly request: true } ? T : never;
}[DType];
/** The requested element type: one of those, or `native`, the type of the file. */
export type DTypeRequest = RequestedDType | 'native';
export const DTYPE_REQUESTS: readonly DTypeRequest[] = [
  ...DTYPES.filter((dtype): dtype is RequestedDType => 'request' in DTYPE_TABLE[dtype]),
  'native',
];
