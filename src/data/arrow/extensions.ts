import { counted } from '../../units.js';
import type { FieldTable } from './format.js';

/** The extension type of a field: its name, empty if there is none, and its own metadata. */
export interface Extension {
  readonly name: string;
  readonly metadata: string;
}

/** The extension type of a field, from its metadata (Arrow columnar format, "Extension Types"). */
export function extensionOf(metadata: FieldTable['customMetadata']): Extension {
  const textOf = (name: string) => metadata.find(({ key }) => key === name)?.value ?? '';
  return { name: textOf('ARROW:extension:name'), metadata: textOf('ARROW:extension:metadata') };
}

/** The storage types that the format allows for an extension type (Arrow columnar format, "Canonical Extension Types"). */
const STORAGE: Readonly<Record<string, readonly string[]>> = {
  'arrow.bool8': ['Int8'],
  'arrow.fixed_shape_tensor': ['FixedSizeList'],
  'arrow.json': ['Utf8', 'LargeUtf8', 'Utf8View'],
  'arrow.uuid': ['FixedSizeBinary'],
  'arrow.variable_shape_tensor': ['Struct'],
};

/** Throws a RangeError if a field of an extension type is not stored as the format says. */
export function mustBeStorage({ name }: Extension, type: string, words: string): void {
  const expected = STORAGE[name];
  if (expected === undefined || expected.includes(type) || expected.includes(words)) return;
  throw new RangeError(`${name} stored as ${words} instead of ${expected.join(' or ')}`);
}

/** Extension types of structs whose numeric fields mean nothing by themselves: one has the elements, another their shapes. */
export const OPAQUE: ReadonlySet<string> = new Set(['arrow.variable_shape_tensor']);

/** A tensor whose axes are stored in another order. */
export interface PermutedTensor {
  /** Its axes in storage order. */
  readonly shape: readonly number[];
  /** For each axis of the tensor, its index in storage order. */
  readonly permutation: readonly number[];
  /** Both as text, for comparing two tensors. */
  readonly text: string;
}

/** A cache of parsed tensor metadata: very many fields may share the same text, which is then parsed once. */
export type TensorsSeen = Map<string, { readonly size: number; readonly tensor: PermutedTensor | undefined }>;

/**
 * The storage order of an `arrow.fixed_shape_tensor` of `size` elements; `undefined` if the axes are stored in their own order
 * (Arrow columnar format, "Canonical Extension Types"). Throws a RangeError if the metadata does not describe a tensor of that
 * many elements.
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
  // Invalid UTF-8 was decoded as this character.
  if (metadata.includes('\ufffd')) throw new RangeError('a tensor whose metadata is not UTF-8');
  const { shape, permutation } = parsed(metadata);
  if (!areCounts(shape) || shape.reduce((product, axis) => product * axis, 1) !== size)
    throw new RangeError(`a tensor whose shape does not have ${counted(size, 'element')}`);
  if (permutation === undefined || permutation === null) return undefined;
  if (!areCounts(permutation) || !isPermutation(permutation, shape.length))
    throw new RangeError('a tensor with an invalid permutation');
  return { shape, permutation, text: JSON.stringify([shape, permutation]) };
}

/**
 * For each stored element, its place when the axes are put in order. A few bytes of metadata may claim billions of elements, so
 * call this only once the elements are known to exist.
 */
export function placesOf({ shape, permutation }: PermutedTensor): Uint32Array {
  // The distance between neighbours along each stored axis, in the reordered tensor.
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
    throw new RangeError('a tensor whose metadata is not JSON', { cause });
  }
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isPermutation(axes: readonly number[], count: number): boolean {
  return axes.length === count && new Set(axes).size === count && axes.every((axis) => axis < count);
}
