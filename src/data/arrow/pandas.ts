import type { FieldTable } from './format.js';

/** The name that pandas gives an unnamed index. */
const UNNAMED = /^__index_level_\d+__$/;

/**
 * The fields that hold a frame's index, which numbers the rows and is not a feature: those that pandas' metadata lists, and those
 * with the name that pandas gives an unnamed index (pandas, "Developer: Storing pandas DataFrame objects in Apache Parquet
 * format").
 */
export function indexColumnsOf(
  fields: readonly { readonly name: string }[],
  metadata: FieldTable['customMetadata'],
): ReadonlySet<string> {
  const listed = new Set(listedIn(metadata.find(({ key }) => key === 'pandas')?.value ?? ''));
  return new Set(fields.map(({ name }) => name).filter((name) => listed.has(name) || UNNAMED.test(name)));
}

/** A range index is listed as an object, since it has no column. */
function listedIn(pandas: string): unknown[] {
  try {
    const { index_columns: names } = Object(JSON.parse(pandas));
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}
