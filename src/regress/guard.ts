import { PinbenchError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { settingOf } from '../record/setting.js';

/** The device of each engine, and the major version of its driver if it is known. */
function devicesOf({ environment }: RunRecord): Record<string, string> {
  return Object.fromEntries(
    environment.devices.flatMap(({ engine, name, driver }) => [
      [`${engine} device`, name],
      ...(driver === undefined ? [] : [[`${engine} driver`, driver.split('.')[0]!]]),
    ]),
  );
}

/**
 * Throws a `PinbenchError` of code `baseline` that lists every differing field if the two records are not comparable.
 * `ignoreDevice` is undefined if the command has no such option.
 */
export function mustBeComparable(
  [basePath, base]: readonly [string, RunRecord],
  [headPath, head]: readonly [string, RunRecord],
  ignoreDevice: boolean | undefined,
): void {
  const [was, is] = [settingOf(base), settingOf(head)];
  if (!ignoreDevice) {
    const [before, after] = [devicesOf(base), devicesOf(head)];
    // The rows of an engine that only one record has are reported as missing or new.
    for (const field of Object.keys(before).filter((name) => name in after)) {
      was[field] = before[field]!;
      is[field] = after[field]!;
    }
  }
  const differing = Object.keys(was).filter((field) => was[field] !== is[field]);
  if (differing.length > 0) {
    throw new PinbenchError('baseline', {
      subject: basePath,
      observed: `not comparable with ${headPath}: ${differing.map((field) => `${field} ${was[field] || '""'}, not ${is[field] || '""'}`).join('; ')}`,
      remedy: differing.every((field) => / (device|driver)$/.test(field))
        ? `measure both on the same machine${ignoreDevice === undefined ? '' : ', or use --ignore-device'}`
        : 'measure both with the same data and options',
    });
  }
}

/**
 * Throws a `PinbenchError` of code `baseline` if the head is incomplete or has no measured row, since neither can prove anything.
 */
export function mustHaveMeasured(path: string, { complete, results }: RunRecord): void {
  if (!complete) {
    throw new PinbenchError('baseline', {
      subject: path,
      observed: 'incomplete: the run was interrupted or an engine failed',
      remedy: 'repeat the run and let it finish',
    });
  }
  const skipped = results.flatMap((result) => (result.status === 'skipped' ? [result.reason] : []));
  if (skipped.length < results.length) return;
  throw new PinbenchError('baseline', {
    subject: path,
    observed: `the record has no measured row: ${[...new Set(skipped)].join('; ') || 'nothing was started'}`,
    remedy: 'measure strategies that the engine can run',
  });
}
