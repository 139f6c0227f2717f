import { shortenedInMiddle } from '../../text.js';
import { counted } from '../../units.js';
import type { DType } from '../../words.js';
import {
  extensionOf,
  mustBeStorage,
  OPAQUE,
  type PermutedTensor,
  permutedTensor,
  type TensorsSeen,
} from './extensions.js';
import {
  type FieldTable,
  type SchemaTable,
  TYPE_NAMES,
  type TypeName,
  type TypeParameters,
} from './format.js';
import { indexColumnsOf } from './pandas.js';
import { intWords, oneOf, typeInWords } from './type-words.js';

/** A field of a schema, with what determines the layout of its arrays. */
export interface Field {
  readonly name: string;
  readonly type: TypeName;
  /** The type in words, such as `Float32` or `FixedSizeList[3]<Float64>`; a very long text is shortened in the middle. */
  readonly typeWords: string;
  readonly children: readonly Field[];
  /** Type of the elements, if they are numbers or bools. */
  readonly dtype: DType | undefined;
  /** Whether it is of the extension type `arrow.bool8`: one byte per element, of which every value but 0 is true. */
  readonly boolBytes: boolean;
  readonly listSize: number | undefined;
  /** Whether a union is dense. */
  readonly dense: boolean;
  /** Set if its arrays are indexes: the dictionary that they point into, and the type of the indexes. */
  readonly dictionary: DictionaryEncoding | undefined;
  /** The storage order of the axes of an `arrow.fixed_shape_tensor`, if it is not their own order. */
  readonly permuted: PermutedTensor | undefined;
  /** Whether it is of an extension type whose fields mean nothing by themselves. */
  readonly opaque: boolean;
}

/** The dictionary that a field points into, and the type of its indexes. */
export interface DictionaryEncoding {
  readonly id: bigint;
  /** Type of the indexes. */
  readonly index: DType;
  /** Type of the values, in words. */
  readonly values: string;
}

export interface Schema {
  readonly fields: readonly Field[];
  /** The names of the fields that pandas wrote as a frame's index. */
  readonly indexColumns: ReadonlySet<string>;
  /** The dictionaries that fields point into, by id; each is described by one field, the type of its values. */
  readonly dictionaries: ReadonlyMap<bigint, readonly [Field]>;
}

/**
 * Makes a schema from its table. Throws a RangeError if a type is invalid: a list without elements, a number of unknown width, or
 * a dictionary with two types.
 */
export function schemaOf(schema: SchemaTable): Schema {
  if (schema.fields === undefined) throw new RangeError('no fields');
  const tensors: TensorsSeen = new Map();
  const fields = schema.fields.map((field) => fieldOf(field, tensors));
  return {
    fields,
    indexColumns: indexColumnsOf(fields, schema.customMetadata),
    dictionaries: dictionariesOf(fields),
  };
}

/** Whether both have the same columns, by name and type. */
export function sameColumns(one: readonly Field[], other: readonly Field[]): boolean {
  return (
    one.length === other.length &&
    one.every((field, i) => {
      const { name, typeWords, boolBytes, permuted, children } = other[i]!;
      return (
        field.name === name &&
        field.typeWords === typeWords &&
        field.boolBytes === boolBytes &&
        field.permuted?.text === permuted?.text &&
        sameColumns(field.children, children)
      );
    })
  );
}

/**
 * Collects the dictionaries of all fields, nested ones included. Throws a RangeError if two fields disagree about the type of
 * one.
 */
function dictionariesOf(fields: readonly Field[]): Map<bigint, readonly [Field]> {
  const found = new Map<bigint, readonly [Field]>();
  const types = new Map<bigint, string>();
  const visit = (field: Field) => {
    if (field.dictionary !== undefined) {
      const { id, values } = field.dictionary;
      const known = found.get(id);
      if (known === undefined) found.set(id, [{ ...field, dictionary: undefined }]);
      else if (types.get(id) !== values || !sameColumns(known[0].children, field.children))
        throw new RangeError(
          `a dictionary ${id} of ${shortenedInMiddle(types.get(id)!, 40)} and of ${shortenedInMiddle(values, 40)}`,
        );
      types.set(id, values);
    }
    for (const child of field.children) visit(child);
  };
  for (const field of fields) visit(field);
  return found;
}

function fieldOf(
  { name = '', typeType, type, dictionary, children, customMetadata }: FieldTable,
  tensors: TensorsSeen,
): Field {
  const typeName = TYPE_NAMES[typeType];
  if (typeName === undefined || type === undefined)
    throw new RangeError(`a field of unknown type ${typeType}`);
  const inner = children.map((child) => fieldOf(child, tensors));
  mustHaveChildren(typeName, inner.length);
  if (typeName === 'RunEndEncoded') mustBeRunEnds(inner[0]!);
  const { value } = type;
  const extension = extensionOf(customMetadata);
  const numbers = dtypeOf(typeName, value);
  const storage = typeInWords(typeName, value, inner);
  mustBeStorage(extension, typeName, storage);
  const boolBytes = extension.name === 'arrow.bool8';
  const dtype = boolBytes ? 'bool' : numbers;
  const words = boolBytes ? 'Bool8' : storage;
  const permuted =
    extension.name === 'arrow.fixed_shape_tensor'
      ? permutedTensor(extension.metadata, value.listSize ?? 0, tensors)
      : undefined;
  const index = dictionary?.indexType;
  // Every field has all properties in this order: there may be 20,000, and objects of one shape are created several times as
  // fast.
  return {
    name,
    type: typeName,
    typeWords: index === undefined ? words : `Dictionary<${intWords(index)}, ${words}>`,
    children: inner,
    dtype,
    boolBytes,
    listSize: value.listSize,
    dense: value.mode === 1,
    dictionary: dictionary && { id: dictionary.id, index: indexTypeOf(index!), values: words },
    permuted,
    opaque: OPAQUE.has(extension.name),
  };
}

function indexTypeOf(parameters: TypeParameters): DType {
  const dtype = dtypeOf('Int', parameters);
  if (dtype === undefined) throw new RangeError(`indexes of ${parameters.bitWidth} bits`);
  return dtype;
}

const CHILDREN: Partial<Record<TypeName, number>> = {
  List: 1,
  LargeList: 1,
  FixedSizeList: 1,
  ListView: 1,
  LargeListView: 1,
  Map: 1,
  RunEndEncoded: 2,
};
const MAY_HAVE_CHILDREN = new Set<TypeName>(['Struct', 'Union']);

function mustHaveChildren(type: TypeName, children: number): void {
  if (MAY_HAVE_CHILDREN.has(type) || children === (CHILDREN[type] ?? 0)) return;
  throw new RangeError(`a ${type} of ${counted(children, 'field')}`);
}

function mustBeRunEnds({ dtype, typeWords }: Field): void {
  if (!['int16', 'int32', 'int64'].includes(dtype!)) throw new RangeError(`run ends of ${typeWords}`);
}

const FLOATS = ['float16', 'float32', 'float64'] as const;

function dtypeOf(type: TypeName, { bitWidth, isSigned, precision }: TypeParameters): DType | undefined {
  if (type === 'Bool') return 'bool';
  if (type === 'FloatingPoint') return oneOf(FLOATS, precision);
  if (type !== 'Int' || bitWidth! > 64) return undefined;
  return `${isSigned ? 'int' : 'uint'}${bitWidth}` as DType;
}
