import type { Composition } from '../record/findings-schema.js';
import type { RunRecord } from '../record/schema.js';
import type { FittedSweep } from './fits.js';

/** The known parts of a step of every row: from the fit over batch sizes, from the device's clock and from pinbench's own cost. */
export function compositionsOf(
  { results, environment: { devices, overheadNsPerStep = 0 } }: RunRecord,
  fits: readonly FittedSweep[],
): Composition[] {
  const fixed = new Map(fits.flatMap(({ sweep, fit }) => sweep.rows.map((row) => [row, fit.fixedNs?.value])));
  return results.flatMap((result): Composition[] => {
    if (result.status === 'skipped') return [];
    const { engine, work, strategy, batch, phasesNs } = result;
    const stepNs = result.stepNs.median;
    const fixedNs = fixed.get(result);
    if (fixedNs === undefined && phasesNs === undefined) return [];
    const callsNs = devices.find((device) => device.engine === engine)?.callsNsPerStep?.[strategy] ?? 0;
    const ownNs = overheadNsPerStep + callsNs;
    return [
      {
        ...{ engine, work, strategy, batch, stepNs },
        // The fitted line may lie above the measured step by its residual.
        ...(fixedNs !== undefined && { fixedNs: Math.min(fixedNs, stepNs) }),
        ...(phasesNs && { copyNs: phasesNs.copy, graphNs: phasesNs.graph, fetchNs: phasesNs.fetch }),
        ...(ownNs > 0 && { ownNs }),
      },
    ];
  });
}
