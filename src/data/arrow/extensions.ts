import type { FieldTable } from './format.js';

/** An extension type of a field: its name, empty where there is none, and what it says of itself. */
export interface Extension {
  readonly name: string;
  readonly metadata: string;
}

/** The extension type of a field, from its metadata (Arrow columnar format, "Extension Types"). */
export function extensionOf(metadata: FieldTable['customMetadata']): Extension {
  const textOf = (name: string) => metadata.find(({ key }) => key === name)?.value ?? '';
  return { name: textOf('ARROW:extension:name'), metadata: textOf('ARROW:extension:metadata') };
}

/** Extension types of structs whose fields are numbers that mean nothing by themselves: elements here, shapes there. */
export const OPAQUE: ReadonlySet<string> = new Set(['arrow.variable_shape_tensor']);

/** A tensor whose axes are kept in another order. */
export interface PermutedTensor {
  /** Its axes as they are kept. */
  readonly shape: readonly number[];
  /** For each axis of the tensor, the one that it is kept as. */
  readonly permutation: readonly number[];
  /** The same as text, by which two are compared. */
  readonly text: string;
}

/** What the fields of a schema say of their tensors: the same text may stand for very many fields, and is read once. */
export type TensorsSeen = Map<string, { readonly size: number; readonly tensor: PermutedTensor | undefined }>;

/**
 * The order in which an `arrow.fixed_shape_tensor` of `size` elements is kept; `undefined` where that is its own (Arrow
 * columnar format, "Canonical Extension Types"). A RangeError where it is no tensor of so many elements.
 */
export function permutedTensor(
  metadata: string,
  size: number,
  seen: TensorsSeen = new Map(),
): PermutedTensor | undefined {
  const before = seen.get(metadata);
  if (before?.size === size) return before.tensor;
  const tensor = permutedTensorIn(metadata, size);
  seen.set(metadata, { size, tensor });
  return tensor;
}

function permutedTensorIn(metadata: string, size: number): PermutedTensor | undefined {
  // What is not UTF-8 was decoded as that character.
  if (metadata.includes('\ufffd')) throw new RangeError('a tensor whose metadata is not UTF-8');
  const { shape, permutation } = parsed(metadata);
  if (!areCounts(shape) || shape.reduce((product, axis) => product * axis, 1) !== size)
    throw new RangeError(`a tensor of another shape than its ${size} elements`);
  if (permutation === undefined || permutation === null) return undefined;
  if (!areCounts(permutation) || !isPermutation(permutation, shape.length))
    throw new RangeError('a tensor whose permutation names no axes');
  return { shape, permutation, text: JSON.stringify([shape, permutation]) };
}

/** Where the elements belong when the axes are put in order. A few bytes of metadata may claim billions: to be asked once they are there. */
export function placesOf({ shape, permutation }: PermutedTensor): Uint32Array {
  // The distance of neighbours along each axis as it is kept, in the tensor in order.
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (const axis of permutation.toReversed()) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  const size = shape.reduce((product, axis) => product * axis, 1);
  return new Uint32Array(size).map((_, element) => {
    let [rest, place] = [element, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return place;
  });
}

function parsed(metadata: string): { shape?: unknown; permutation?: unknown } {
  try {
    return Object(JSON.parse(metadata));
  } catch (cause) {
    throw new RangeError('a tensor that does not say its shape', { cause });
  }
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isPermutation(axes: readonly number[], count: number): boolean {
  return axes.length === count && new Set(axes).size === count && axes.every((axis) => axis < count);
}
