import { max, mean, median, medianAbsoluteDeviation, min } from 'simple-statistics';
import type { Condition, Phases, Unmeasured } from '../engine/engine.js';
import type { Conditions, Measured, Measurement } from '../measure/measurement.js';
import { movementOf, rowBytesOf } from '../plan/plan.js';
import { medianInterval } from '../stats/interval.js';
import type { MeasuredResult, Result } from './schema.js';

/** The result for one measurement, with all derived figures. */
export function resultOf(measurement: Measurement): Result {
  const { engine, device, strategy, plan } = measurement;
  const row = { engine, device: device.name, strategy: strategy.name, batch: plan.batch, work: plan.work };
  if (measurement.status === 'skipped') return { ...row, status: 'skipped', reason: measurement.reason };
  return { ...row, ...derive(measurement) };
}

function derive(
  measured: Measured,
): Omit<MeasuredResult, 'engine' | 'device' | 'strategy' | 'batch' | 'work'> {
  const { plan, strategy, stepTimes, epochSum, maxRelError, steps, verifiedSteps } = measured;
  const samplesNs = [...measured.samplesNs];
  const medianNs = median(samplesNs);
  const interval = medianInterval(samplesNs);
  const rowsPerSecond = (plan.rowsPerEpoch / plan.stepsPerEpoch / medianNs) * 1e9;
  return {
    status: 'measured',
    ...(strategy.loop === 'chunk' && { chunk: plan.chunk }),
    steps,
    stepsPerEpoch: plan.stepsPerEpoch,
    epochsMeasured: steps / plan.stepsPerEpoch,
    verifiedSteps,
    stepNs: {
      median: medianNs,
      mean: mean(samplesNs),
      min: Math.min(stepTimes?.min ?? Number.POSITIVE_INFINITY, min(samplesNs)),
      max: Math.max(stepTimes?.max ?? 0, max(samplesNs)),
      ...(stepTimes && { p50: stepTimes.p50, p95: stepTimes.p95, p99: stepTimes.p99 }),
      mad: medianAbsoluteDeviation(samplesNs),
      ci95: interval && [...interval],
    },
    ...(measured.phases && phasesOf(measured.phases, medianNs)),
    samplesNs,
    ...(measured.conditions && { conditions: measured.conditions.map(conditionsOf) }),
    allocateNs: median([...measured.allocateSamplesNs]),
    setupNs: median([...measured.setupSamplesNs]),
    setupSamplesNs: [...measured.setupSamplesNs],
    ...movementOf(plan, strategy),
    rowsPerSecond,
    bytesPerSecond: rowsPerSecond * rowBytesOf(plan),
    epochSum: jsonNumber(epochSum),
    maxRelError,
    verified: true,
  };
}

function phasesOf(
  phases: Phases | Unmeasured,
  medianNs: number,
): Pick<MeasuredResult, 'phasesNs' | 'phasesReason'> {
  if ('reason' in phases) return { phasesReason: phases.reason };
  return { phasesNs: { ...phases, host: hostNs(phases, medianNs) } };
}

function conditionsOf({ before, after }: Conditions) {
  return { before: conditionOf(before), after: conditionOf(after) };
}

function conditionOf({ throttled, ...rest }: Condition) {
  return { ...rest, ...(throttled && { throttled: [...throttled] }) };
}

/** The remainder of a step without the device's parts, ns; 0 if the parts, which are timed in a separate pass, add up to more. */
function hostNs({ copy, graph, fetch }: Phases, medianNs: number): number {
  return Math.max(0, medianNs - copy - graph - fetch);
}

/** A number, or its text if it is NaN or infinite, which JSON cannot represent. */
function jsonNumber(value: number | null): MeasuredResult['epochSum'] {
  return value === null || Number.isFinite(value)
    ? value
    : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
}
