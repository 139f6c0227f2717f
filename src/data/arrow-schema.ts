import { Precision } from 'apache-arrow/enum';
import type { Field as FbField } from 'apache-arrow/fb/field';
import type { Schema as FbSchema } from 'apache-arrow/fb/schema';
import { Type as FbType } from 'apache-arrow/fb/type';
// For its side effect too: it gives Schema its decode.
import 'apache-arrow/ipc/metadata/message';
import { Schema } from 'apache-arrow/schema';
import { DataType, type FixedSizeList, type Float, type Int } from 'apache-arrow/type';
import { dataError } from '../errors.js';

export { Schema };

/** Bytes the smallest field takes in a schema's metadata: fewer for all of them is corrupt. */
const LEAST_FIELD_BYTES = 16;
/** Deeper than any schema of numbers, far from what the stack bears. */
const MAX_DEPTH = 64;
/** Types of the format that apache-arrow 21 does not decode, nor the schema they stand in. */
const UNREADABLE = new Set([FbType.RunEndEncoded, FbType.ListView, FbType.LargeListView]);

/**
 * A schema from its flatbuffer, of `bytes` bytes. Its fields are counted first: a corrupt count, or a field that is its own
 * child, would have apache-arrow decode without end. Throws a RangeError for those, and a data error that names a column of
 * a type that cannot be read.
 */
export function decodeSchema(path: string, schema: FbSchema, bytes: number): Schema {
  let budget = Math.ceil(bytes / LEAST_FIELD_BYTES);
  const spend = (count: number) => {
    budget -= count;
    if (budget < 0) throw new RangeError('more fields than fit in the schema');
  };
  const visit = (field: FbField | null, depth: number, column: string): void => {
    if (field === null) return;
    if (UNREADABLE.has(field.typeType())) {
      throw dataError(path, `column "${column}" holds ${FbType[field.typeType()]}, which cannot be read`, {
        remedy: 'drop it or cast it to a number type before saving',
      });
    }
    if (depth > MAX_DEPTH) throw new RangeError('fields nested too deeply');
    spend(field.customMetadataLength());
    spend(field.childrenLength());
    for (let i = 0; i < field.childrenLength(); i++) visit(field.children(i), depth + 1, column);
  };
  spend(schema.customMetadataLength());
  spend(schema.fieldsLength());
  for (let i = 0; i < schema.fieldsLength(); i++) {
    const field = schema.fields(i);
    visit(field, 0, field?.name() ?? '');
  }
  const decoded = Schema.decode(schema);
  for (const { type } of decoded.fields) mustMakeSense(type);
  return decoded;
}

const BIT_WIDTHS = [8, 16, 32, 64];

/** A list without the type of its elements, or a number of no known width, decodes, and has to be refused here. */
function mustMakeSense(type: DataType): void {
  const lists = DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type);
  const children = type.children ?? [];
  if (children.includes(undefined as never) || (lists && children.length !== 1)) {
    throw new RangeError('a nested type without its children');
  }
  const senseless =
    (DataType.isInt(type) && !BIT_WIDTHS.includes((type as Int).bitWidth)) ||
    (DataType.isFloat(type) && Precision[(type as Float).precision] === undefined) ||
    (DataType.isFixedSizeList(type) && (type as FixedSizeList).listSize < 0);
  if (senseless) throw new RangeError('a type of no known width');
  for (const child of children) mustMakeSense(child.type);
}
