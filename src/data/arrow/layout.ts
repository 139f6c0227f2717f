import { VERSION } from './format.js';
import { corrupt } from './message.js';
import type { Field } from './schema.js';

/** How many nodes and buffers a batch of the given fields has, and the index of each node's first buffer. */
export interface Layout {
  readonly nodes: number;
  readonly buffers: number;
  /** The node of each top-level field. */
  readonly roots: readonly number[];
  readonly firstBuffers: readonly number[];
  /**
   * The nodes of unions and run-end-encoded arrays that still have a validity buffer, before version 5: it must have no nulls.
   */
  readonly withoutNulls: readonly number[];
}

/** Layouts of fields without views, which are the same in every batch of a metadata version. */
const known = new WeakMap<readonly Field[], Map<number, Layout>>();

/** The layout of a batch of the given fields; `variadicCounts` has the number of data buffers of each view in this batch. */
export function layOut(
  fields: readonly Field[],
  version: number = VERSION.V5,
  variadicCounts: readonly number[] = [],
): Layout {
  const layouts = known.get(fields) ?? new Map<number, Layout>();
  const before = layouts.get(version);
  if (before !== undefined) return before;
  const { hasViews, ...layout } = walked(fields, version, variadicCounts);
  if (!hasViews) known.set(fields, layouts.set(version, layout));
  return layout;
}

/**
 * Walks the fields in the order in which a batch lists their nodes and buffers (Arrow columnar format, "RecordBatch message").
 */
function walked(
  fields: readonly Field[],
  version: number,
  variadicCounts: readonly number[],
): Layout & { readonly hasViews: boolean } {
  let [buffers, views] = [0, 0];
  const firstBuffers: number[] = [];
  const withoutNulls: number[] = [];
  const visit = (field: Field): void => {
    firstBuffers.push(buffers);
    if (field.dictionary !== undefined) {
      buffers += 2;
      return;
    }
    if (version < VERSION.V5 && LOST_VALIDITY.has(field.type)) withoutNulls.push(firstBuffers.length - 1);
    buffers += ownBuffers(field, version);
    // The number of a view's data buffers differs from batch to batch; the batch states it.
    if (isView(field)) {
      const data = variadicCounts[views++];
      if (data === undefined) throw corrupt('a view whose buffers are not counted');
      buffers += data;
    }
    for (const child of field.children) visit(child);
  };
  const roots = fields.map((field) => {
    const root = firstBuffers.length;
    visit(field);
    return root;
  });
  return {
    nodes: firstBuffers.length,
    buffers,
    roots,
    firstBuffers,
    withoutNulls,
    hasViews: views > 0,
  };
}

/** How many nodes a field has, including those of its children. */
export function nodesOf({ dictionary, children }: Field): number {
  return dictionary === undefined ? children.reduce((sum, child) => sum + nodesOf(child), 1) : 1;
}

function isView({ type }: Field): boolean {
  return type === 'Utf8View' || type === 'BinaryView';
}

/** Types whose arrays had a validity buffer before version 5 and have none since. */
const LOST_VALIDITY: ReadonlySet<string> = new Set(['Union', 'RunEndEncoded']);

function ownBuffers({ type, dense }: Field, version: number): number {
  const validity = version < VERSION.V5 && LOST_VALIDITY.has(type) ? 1 : 0;
  switch (type) {
    case 'Null':
      return 0;
    case 'RunEndEncoded':
      return validity;
    case 'FixedSizeList':
    case 'Struct':
      return 1;
    case 'Union':
      return (dense ? 2 : 1) + validity;
    case 'Utf8':
    case 'Binary':
    case 'LargeUtf8':
    case 'LargeBinary':
    case 'ListView':
    case 'LargeListView':
      return 3;
    default:
      return 2;
  }
}
