import { PinbenchError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { settingOf } from '../record/setting.js';

/** Of each engine its device, and the major version of the driver where it is known. */
function devicesOf({ environment }: RunRecord): Record<string, string> {
  return Object.fromEntries(
    environment.devices.flatMap(({ engine, name, driver }) => [
      [`${engine} device`, name],
      ...(driver === undefined ? [] : [[`${engine} driver`, driver.split('.')[0]!]]),
    ]),
  );
}

/** Throws a `PinbenchError` of code `baseline` where the two were not measured alike, with every field that differs. */
export function mustBeComparable(
  [basePath, base]: readonly [string, RunRecord],
  [headPath, head]: readonly [string, RunRecord],
  ignoreDevice: boolean,
): void {
  const [was, is] = [settingOf(base), settingOf(head)];
  if (!ignoreDevice) {
    const [before, after] = [devicesOf(base), devicesOf(head)];
    // An engine that only one of them ran has its rows reported as missing or new.
    for (const field of Object.keys(before).filter((name) => name in after)) {
      was[field] = before[field]!;
      is[field] = after[field]!;
    }
  }
  const differing = Object.keys(was).filter((field) => was[field] !== is[field]);
  if (differing.length > 0) {
    throw new PinbenchError('baseline', {
      subject: basePath,
      observed: `not measured as ${headPath} was: ${differing.map((field) => `${field} ${was[field]}, not ${is[field]}`).join('; ')}`,
      remedy: differing.every((field) => / (device|driver)$/.test(field))
        ? 'measure both on one machine, or use --ignore-device'
        : 'measure both alike',
    });
  }
}

/** A head that was cut short or measured nothing proves nothing: never exit 0. */
export function mustHaveMeasured(path: string, { complete, results }: RunRecord): void {
  const observed = !complete
    ? 'interrupted: it is not complete'
    : results.every(({ status }) => status === 'skipped')
      ? 'nothing was measured in it'
      : undefined;
  if (observed === undefined) return;
  throw new PinbenchError('baseline', { subject: path, observed, remedy: 'run it again to its end' });
}
