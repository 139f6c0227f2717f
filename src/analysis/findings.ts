import type { BreakEvenFinding, Findings, MemoryFit } from '../record/findings-schema.js';
import { nameOf } from '../record/row-name.js';
import type { RunRecord } from '../record/schema.js';
import { adviceOf } from './advice.js';
import { compositionsOf } from './compositions.js';
import { crossoversOf } from './crossovers.js';
import { fitsOf } from './fits.js';
import { hiddenOf } from './hidden.js';
import { rowsByName } from './sweep.js';

/** The findings of a record, as data: each finding with the numbers that it is based on. Pure. */
export function findingsOf(record: RunRecord): Findings {
  const fits = fitsOf(record);
  const compositions = compositionsOf(record, fits);
  const memory = memoryOf(record);
  return {
    fits: fits.map(({ fit }) => fit),
    crossovers: crossoversOf(record),
    breakEvens: breakEvensOf(record),
    compositions,
    memory,
    hidden: hiddenOf(record),
    advice: adviceOf(record, compositions, memory),
  };
}

/** The number of steps and epochs after which a faster strategy has paid for its setup. */
function breakEvensOf(record: RunRecord): BreakEvenFinding[] {
  const rows = rowsByName(record);
  return record.comparisons.flatMap((comparison) => {
    const { engine, work, strategy, batch, breakEvenSteps: steps, breakEvenCi95: stepsCi95 } = comparison;
    const row = rows.get(nameOf(comparison));
    if (steps === null || row === undefined) return [];
    const epochs = steps / row.stepsPerEpoch;
    return [{ engine, work, strategy, batch, steps, epochs, stepsCi95 }];
  });
}

/**
 * Whether the dataset fits in the free memory and the L2 cache of each GPU. CPUs are left out because they use the host's memory.
 */
function memoryOf({ environment: { devices }, dataset: { bytes } }: RunRecord): MemoryFit[] {
  return devices.flatMap(({ engine, name: device, gpu, freeBytes, l2Bytes }) => {
    if (!gpu || (freeBytes === undefined && l2Bytes === undefined)) return [];
    return {
      ...{ engine, device, bytes },
      ...(freeBytes !== undefined && { freeBytes }),
      fits: freeBytes === undefined ? null : bytes <= freeBytes,
      ...(l2Bytes !== undefined && { l2Bytes, fitsL2: bytes <= l2Bytes }),
    };
  });
}
