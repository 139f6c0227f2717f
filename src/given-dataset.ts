import { allocate, type Dataset } from './data/dataset.js';
import { usageError } from './errors.js';
import { nameInList } from './option-kinds.js';
import type { RunSettings, Settings } from './options.js';
import { settingOf } from './settings.js';
import { DTYPES } from './words.js';

/** Checks a dataset that a program passes, because engines read it without bounds checks. Throws a usage error if it is invalid. */
export function mustBeDataset(input: unknown): Dataset {
  const { rows, cols, dtype, values, path } = (input ?? {}) as Partial<Dataset>;
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) > 0;
  if (
    typeof path !== 'string' ||
    !isCount(rows) ||
    !isCount(cols) ||
    !DTYPES.some((known) => known === dtype)
  ) {
    throw usageError('run', 'its first argument is neither a path nor a dataset', {
      expected: 'a path, or what openDataset returns',
    });
  }
  const array = allocate(dtype!, 0).constructor as new () => unknown;
  if (values !== undefined && values instanceof array && values.length === rows * cols)
    return input as Dataset;
  throw usageError(path, `${values?.length ?? 'no'} values`, {
    expected: `${rows * cols} values of ${dtype} in a ${array.name}`,
  });
}

/**
 * The settings of a run on a dataset in memory. What was decided when it was loaded is taken from the dataset. Throws a usage error if
 * an option contradicts that.
 */
export function settingsFor(dataset: Dataset, given: RunSettings, settings: Settings): Settings {
  const columns = settingOf('columns', dataset.columns);
  if (given.columns !== undefined && listOf(given.columns) !== listOf(columns)) {
    throw contradiction(
      '--column',
      listOf(given.columns),
      columns === undefined
        ? 'which was loaded without naming columns'
        : `which has the columns ${listOf(columns)}`,
    );
  }
  return { ...settings, columns, dtype: dtypeFor(dataset, given) };
}

function listOf(columns: readonly string[] = []): string {
  return columns.map(nameInList).join(',');
}

function dtypeFor({ dtype, castFrom }: Dataset, given: RunSettings): Settings['dtype'] {
  const isNative = castFrom === undefined;
  if (given.dtype === undefined) return dtype === 'float32' ? dtype : 'native';
  if (given.dtype === dtype || (given.dtype === 'native' && isNative)) return given.dtype;
  const loaded = isNative ? `which is ${dtype}` : `whose values were cast from ${castFrom} to ${dtype}`;
  throw contradiction('--dtype', given.dtype, loaded);
}

function contradiction(flag: string, given: string, loaded: string) {
  return usageError(flag, `"${given}" contradicts the dataset in memory, ${loaded}`, {
    remedy: 'omit the option, or pass it to openDataset',
  });
}
