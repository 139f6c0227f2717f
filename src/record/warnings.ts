import type { DeviceInfo, Link } from '../engine/engine.js';
import type { Outcome } from '../measure/measure.js';
import type { Notice } from '../measure/measurement.js';
import { MIN_SAMPLES } from '../stats/interval.js';
import { outlierIndexes } from '../stats/outliers.js';
import { formatBytes, formatRatio } from '../units.js';
import type { EngineName } from '../words.js';
import type { Result, RunRecord, Warning } from './schema.js';

/** What a sceptic would ask about a run, each with the numbers it speaks of. */
export function warningsOf(
  dataset: RunRecord['dataset'],
  devices: readonly { engine: EngineName; info: DeviceInfo }[],
  results: readonly Result[],
  { notices, links }: Pick<Outcome, 'notices' | 'links'>,
): Warning[] {
  return [
    ...castWarning(dataset),
    ...devices.filter(({ info }) => !info.gpu).map(({ engine, info }) => noGpu(engine, info)),
    ...devices.flatMap(({ engine, info }) => [
      ...copyingSlice(engine, dataset, results),
      ...withinL2(engine, info, dataset, results),
      ...sharedMemory(engine, info),
      ...mig(engine, info),
      ...slowLink(engine, links?.[engine]),
    ]),
    ...fewRounds(results),
    ...results.flatMap(outliers),
    ...results.flatMap(throttled),
    ...notices.map(ofNotice),
  ];
}

function castWarning({ castFrom, dtype }: RunRecord['dataset']): Warning[] {
  if (castFrom === undefined) return [];
  const message = `the file holds ${castFrom}; it was cast to ${dtype} before anything was measured`;
  return [{ code: 'cast', message, castFrom, dtype }];
}

function noGpu(engine: EngineName, { name }: DeviceInfo): Warning {
  return {
    code: 'no-gpu',
    message: `${engine}: no GPU: these figures say nothing about one`,
    engine,
    device: name,
  };
}

/** TensorFlow's kernels want rows that begin at 64 bytes: a slice shares memory only where all do. */
const TENSORFLOW_ALIGNMENT = 64;

function copyingSlice(
  engine: EngineName,
  { rows, bytes }: RunRecord['dataset'],
  results: readonly Result[],
): Warning[] {
  const sliced = results.some((r) => r.engine === engine && r.status === 'measured' && r.strategy === 'pin');
  const rowBytes = bytes / rows;
  if (engine !== 'tensorflow' || !sliced || rowBytes % TENSORFLOW_ALIGNMENT === 0) return [];
  const message =
    `tensorflow: a row of ${rowBytes} bytes is no multiple of ${TENSORFLOW_ALIGNMENT}: ` +
    'its slice copies each mini-batch on the device instead of sharing memory';
  return [{ code: 'copying-slice', message, engine, rowBytes }];
}

function withinL2(
  engine: EngineName,
  { l2Bytes }: DeviceInfo,
  { bytes }: RunRecord['dataset'],
  results: readonly Result[],
): Warning[] {
  const pinned = results.some((r) => r.engine === engine && r.status === 'measured' && r.h2dBytesSetup > 0);
  if (!pinned || l2Bytes === undefined || bytes > l2Bytes) return [];
  const message =
    `${engine}: the dataset, ${formatBytes(bytes)}, fits in the device's L2 cache, ${formatBytes(l2Bytes)}: ` +
    'resident strategies read the cache, not device memory';
  return [{ code: 'dataset-within-l2', message, engine, bytes, l2Bytes }];
}

function sharedMemory(engine: EngineName, { integrated, name }: DeviceInfo): Warning[] {
  if (integrated !== true) return [];
  const message = `${engine}: ${name} shares the host's memory: what is fed does not cross a bus`;
  return [{ code: 'shared-memory', message, engine, device: name }];
}

function mig(engine: EngineName, { mig, name }: DeviceInfo): Warning[] {
  if (mig !== true) return [];
  const message = `${engine}: ${name} is shared out (MIG): this is a part of a GPU, and others may use its link`;
  return [{ code: 'mig', message, engine, device: name }];
}

function slowLink(engine: EngineName, link: Link | undefined): Warning[] {
  if (link === undefined) return [];
  const { generation, width, maxGeneration, maxWidth } = link;
  if (generation >= maxGeneration && width >= maxWidth) return [];
  const message =
    `${engine}: the link ran at PCIe ${generation} ×${width} under copies, ` +
    `device and slot can do PCIe ${maxGeneration} ×${maxWidth}: what is fed is slower than it could be`;
  return [{ code: 'slow-link', message, engine, ...link }];
}

function throttled(result: Result): Warning[] {
  if (result.status === 'skipped' || result.conditions === undefined) return [];
  const { engine, strategy, batch, work, conditions } = result;
  const slowed = conditions.map(({ before, after }) => [
    ...(before.throttled ?? []),
    ...(after.throttled ?? []),
  ]);
  const rounds = slowed.filter((reasons) => reasons.length > 0).length;
  if (rounds === 0) return [];
  const reasons = [...new Set(slowed.flat())];
  const message =
    `${engine} ${strategy}, ${cellName(result)}: the device was slowed (${reasons.join(', ')}) in ${rounds} of ` +
    `${conditions.length} rounds; they are kept`;
  return [
    {
      code: 'throttled',
      message,
      engine,
      strategy,
      batch,
      work,
      reasons,
      throttled: rounds,
      rounds: conditions.length,
    },
  ];
}

/** A batch, and the work where it is not the usual one. */
function cellName({ batch, work }: { readonly batch: number; readonly work: number }): string {
  return `batch ${batch}${work === 1 ? '' : `, work ${work}`}`;
}

function fewRounds(results: readonly Result[]): Warning[] {
  const rounds = Math.min(
    ...results.map((r) => (r.status === 'measured' ? r.samplesNs.length : MIN_SAMPLES)),
  );
  if (rounds >= MIN_SAMPLES) return [];
  const message = `${rounds} rounds are too few for a 95 % interval, which needs ${MIN_SAMPLES}: use --epochs ${MIN_SAMPLES} or more`;
  return [{ code: 'few-rounds', message, rounds, needed: MIN_SAMPLES }];
}

function outliers(result: Result): Warning[] {
  if (result.status === 'skipped') return [];
  const { engine, strategy, batch, work, samplesNs, stepNs } = result;
  const found = outlierIndexes(samplesNs);
  if (found.length === 0) return [];
  const ratios = found.map((index) => samplesNs[index]! / stepNs.median);
  const farthest = ratios.reduce((a, b) => (Math.abs(Math.log(b)) > Math.abs(Math.log(a)) ? b : a));
  const message =
    `${engine} ${strategy}, ${cellName(result)}: ${found.length} of ${samplesNs.length} rounds are outliers ` +
    `(the farthest at ${formatRatio(farthest)}× the median); they are kept`;
  return [
    {
      code: 'outliers',
      message,
      engine,
      strategy,
      batch,
      work,
      outliers: found.length,
      rounds: samplesNs.length,
    },
  ];
}

function ofNotice(notice: Notice): Warning {
  const { engine, plan } = notice.subject;
  const cell = { engine, batch: plan.batch, work: plan.work };
  switch (notice.code) {
    case 'until-not-reached': {
      const { code, rounds, untilPercent, widthPercent } = notice;
      // JSON has no infinity: with under 6 rounds there is no interval and so no width.
      const seen = Number.isFinite(widthPercent) ? `${widthPercent.toFixed(1)} % wide` : 'not there yet';
      const message = `${engine}, ${cellName(plan)}: after ${rounds} rounds the 95 % interval is ${seen}, not ${untilPercent} %`;
      return {
        code,
        message,
        ...cell,
        rounds,
        untilPercent,
        ...(Number.isFinite(widthPercent) && { widthPercent }),
      };
    }
    case 'budget-shrunk': {
      const { code, epochs, asked } = notice;
      const message = `${engine}, ${cellName(plan)}: ${epochs} epochs instead of ${asked}, to fit the budget`;
      return { code, message, ...cell, epochs, asked };
    }
  }
}
