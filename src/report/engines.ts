import pc from 'picocolors';
import type { Availability } from '../engine/engine.js';
import { printable } from '../text.js';
import type { EngineName } from '../words.js';
import { notMonitored } from './warnings.js';

/** One line for each device of an available engine, or the reason why the engine is not available and how to get it. */
export function renderEngines(
  engines: readonly { readonly name: EngineName; readonly availability: Availability }[],
  color: boolean,
): string {
  const paint = pc.createColors(color);
  const width = Math.max(...engines.map(({ name }) => name.length)) + 2;
  return engines
    .flatMap(({ name, availability }) => {
      const label = name.padEnd(width);
      if (!availability.available) {
        return [
          `${label}${paint.dim('not available')}: ${printable(`${availability.reason}; ${availability.remedy}`)}`,
        ];
      }
      const unseen = availability.devices.find(({ monitored }) => monitored === false);
      const devices = availability.devices.map((device, ordinal) => {
        const note = device.gpu ? '' : paint.dim(' (no GPU: its figures say nothing about one)');
        return `${label}${paint.green('available')}: device ${ordinal}, ${printable(`${device.name}, ${device.runtime}`)}${note}`;
      });
      return [
        ...devices,
        ...(unseen
          ? [`${label}${paint.dim('note')}: ${printable(notMonitored(unseen.damagedMonitor))}`]
          : []),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}
