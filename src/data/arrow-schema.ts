import type { Field as FbField } from 'apache-arrow/fb/field';
import type { Schema as FbSchema } from 'apache-arrow/fb/schema';
// For its side effect too: it gives Schema its decode.
import 'apache-arrow/ipc/metadata/message';
import { Schema } from 'apache-arrow/schema';
import { DataType } from 'apache-arrow/type';

export { Schema };

/** Bytes the smallest field takes in a schema's metadata: fewer for all of them is corrupt. */
const LEAST_FIELD_BYTES = 16;
/** Deeper than any schema of numbers, far from what the stack bears. */
const MAX_DEPTH = 64;

/**
 * A schema from its flatbuffer, of `bytes` bytes. Its fields are counted first: a corrupt count, or a field that is its own
 * child, would have apache-arrow decode without end. Throws a RangeError for those.
 */
export function decodeSchema(schema: FbSchema, bytes: number): Schema {
  let budget = Math.ceil(bytes / LEAST_FIELD_BYTES);
  const spend = (count: number) => {
    budget -= count;
    if (budget < 0) throw new RangeError('more fields than fit in the schema');
  };
  const visit = (field: FbField | null, depth: number): void => {
    if (field === null) return;
    if (depth > MAX_DEPTH) throw new RangeError('fields nested too deeply');
    spend(field.customMetadataLength());
    spend(field.childrenLength());
    for (let i = 0; i < field.childrenLength(); i++) visit(field.children(i), depth + 1);
  };
  spend(schema.customMetadataLength());
  spend(schema.fieldsLength());
  for (let i = 0; i < schema.fieldsLength(); i++) visit(schema.fields(i), 0);
  const decoded = Schema.decode(schema);
  for (const { type } of decoded.fields) mustHaveChildren(type);
  return decoded;
}

/** A list without the type of its elements decodes, and has to be refused here. */
function mustHaveChildren(type: DataType): void {
  const lists = DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type);
  const children = type.children ?? [];
  if (children.includes(undefined as never) || (lists && children.length !== 1)) {
    throw new RangeError('a nested type without its children');
  }
  for (const child of children) mustHaveChildren(child.type);
}
