import { type ColumnInfo, type DataFile, ELEMENT_BYTES, MAX_ELEMENTS } from '../data/dataset.js';
import { STANDARD_INPUT_NAME } from '../data/standard-input.js';
import type { Availability, DeviceInfo } from '../engine/engine.js';
import { DEFAULT_BATCH } from '../options.js';
import { printable, shellPath, shown } from '../text.js';
import { counted, formatBytes, formatInteger } from '../units.js';
import type { DataFormat, EngineName } from '../words.js';

/** Whether a dataset fits, as float32, in the memory that is free now. */
export interface Fit {
  readonly freeBytes?: number;
  /** `null` if the free memory is not known. */
  readonly fits: boolean | null;
}

/** Whether a dataset fits in the memory of a device. */
export interface DeviceFit extends Fit {
  readonly engine: EngineName;
  readonly device: string;
  /** False for a processor or a software adapter. */
  readonly gpu: boolean;
  /** Its total memory; absent if the device does not report it. */
  readonly memoryBytes?: number;
}

/** An engine as found by probing, and the free bytes of each of its devices; `undefined` if not known. */
export interface FoundEngine {
  readonly name: EngineName;
  readonly availability: Availability;
  readonly freeBytes: readonly (number | undefined)[];
}

/** What `inspect` reports about a file without loading it. */
export interface Inspection {
  readonly path: string;
  readonly format: DataFormat;
  readonly variety: string;
  readonly shape: readonly number[];
  readonly rows: number;
  readonly cols: number;
  readonly dtype: string;
  readonly order: string;
  readonly byteOrder: string;
  readonly compression: string;
  readonly fileBytes: number;
  /** Size of the matrix in memory, as float32. */
  readonly bytes: number;
  /** The type it is cast from by default; absent for float32. */
  readonly castFrom?: string;
  readonly columns?: readonly ColumnInfo[];
  /** The memory of this machine, into which the matrix is loaded. */
  readonly host: Fit;
  readonly devices: readonly DeviceFit[];
  /** Rows of a mini-batch if `--batch` is not given. */
  readonly batch: number;
  /** Bytes of such a mini-batch as float32: what `feed` copies in each step. */
  readonly bytesPerStep: number;
  /** The command to run next. */
  readonly next: string;
}

/** Combines what is known about a file with the host and the devices that were found. */
export function inspectionOf(
  file: DataFile,
  hostFreeBytes: number,
  engines: readonly FoundEngine[],
): Inspection {
  const {
    path,
    format,
    variety,
    shape,
    rows,
    cols,
    dtype,
    order,
    byteOrder,
    compression,
    fileBytes,
    columns,
  } = file;
  const bytes = rows * cols * ELEMENT_BYTES.float32;
  const batch = Math.min(DEFAULT_BATCH, rows);
  const devices = devicesOf(engines, hostFreeBytes, bytes);
  return {
    ...{ path, format, variety, shape, rows, cols, dtype, order, byteOrder, compression, fileBytes, bytes },
    ...(dtype !== 'float32' && { castFrom: dtype }),
    ...(columns && { columns }),
    host: fitIn(hostFreeBytes, bytes),
    devices,
    batch,
    bytesPerStep: batch * cols * ELEMENT_BYTES.float32,
    next: nextCommand(path, rows, devices),
  };
}

function devicesOf(engines: readonly FoundEngine[], hostFreeBytes: number, bytes: number): DeviceFit[] {
  return engines.flatMap(({ name, availability, freeBytes }) =>
    availability.available
      ? availability.devices.map((device, i) =>
          // A device that is not a GPU works in the host's memory.
          fitOf(name, device, freeBytes[i] ?? (device.gpu ? undefined : hostFreeBytes), bytes),
        )
      : [],
  );
}

/** Rows of the largest mini-batch that the next command asks for. */
const MAX_ROWS = 65_536;

/** A sweep over the batch sizes that the dataset has rows for; with strategies that feed if the dataset does not fit on a GPU. */
function nextCommand(path: string, rows: number, devices: readonly DeviceFit[]): string {
  const most = 2 ** Math.floor(Math.log2(Math.min(MAX_ROWS, rows)));
  const file = path === STANDARD_INPUT_NAME ? '-' : shellPath(path);
  const feeds = devices.some(({ gpu, fits }) => gpu && fits === false)
    ? ' --strategy feed,feed-ahead,feed-chunk'
    : '';
  return `npx pinbench run ${file} --batch ${most === 1 ? '1' : `1..${most}`}${feeds} --budget 60s`;
}

function fitIn(freeBytes: number | undefined, bytes: number): Fit {
  if (freeBytes === undefined) return { fits: null };
  return { freeBytes, fits: bytes <= freeBytes && bytes / ELEMENT_BYTES.float32 <= MAX_ELEMENTS };
}

function fitOf(
  engine: EngineName,
  { name, gpu, memoryBytes }: DeviceInfo,
  freeBytes: number | undefined,
  bytes: number,
): DeviceFit {
  return { engine, device: name, gpu, ...(memoryBytes && { memoryBytes }), ...fitIn(freeBytes, bytes) };
}

/** An inspection as text. */
export function renderInspection(inspection: Inspection): string {
  const { shape, rows, cols, dtype, bytes, fileBytes, castFrom, columns } = inspection;
  const lines: [string, string][] = [
    ['file', `${inspection.path}: ${inspection.format} ${inspection.variety}, ${formatBytes(fileBytes)}`],
    [
      'shape',
      `${shape.map(formatInteger).join(' × ')}, read as ${counted(rows, 'row')} × ${counted(cols, 'column')}`,
    ],
    [
      'dtype',
      `${dtype}, ${inspection.byteOrder}-endian, ${inspection.order}, compression ${inspection.compression}`,
    ],
    ['memory', `${formatBytes(bytes)} as float32${castFrom === undefined ? '' : ` (cast from ${castFrom})`}`],
    ...(columns ?? []).map((column): [string, string] => ['column', columnSentence(column)]),
    ['host', fitSentence(inspection.host, bytes)],
    ...inspection.devices.map((fit): [string, string] => [
      'device',
      `${fit.engine}: ${fit.device}; ${fitSentence(fit, bytes)}`,
    ]),
  ];
  const header = lines.map(([label, text]) => `${label.padEnd(8)}${printable(text)}\n`).join('');
  return `${header}\n${answerOf(inspection).join('\n')}\n`;
}

/** What is known before anything is measured, and the command to run next. */
function answerOf({ devices, bytes, rows, batch, bytesPerStep, next }: Inspection): string[] {
  const gpus = devices.filter(({ gpu }) => gpu);
  const size = `${counted(batch, 'row')} (${batch === rows ? 'the whole dataset' : 'the default'})`;
  return [
    ...(gpus.length === 0
      ? ['CUDA finds no GPU here. `pinbench engines` lists the other engines.']
      : gpus.map((gpu) => roomSentence(gpu, bytes))),
    `A mini-batch of ${size} is ${formatBytes(bytesPerStep)}: feed copies that much in each step, pin only an index.`,
    `Next: ${next}`,
  ];
}

function roomSentence({ engine, device, freeBytes, fits }: DeviceFit, bytes: number): string {
  const where = printable(`${device} (${engine})`);
  if (freeBytes === undefined)
    return `Whether the dataset fits on ${where} is not known until it is uploaded.`;
  if (fits) return `The dataset fits on ${where}: it can be kept there (pin) or copied (feed).`;
  return `The dataset (${formatBytes(bytes)}) does not fit on ${where}: it can only be fed.`;
}

function columnSentence({ name, type, width, leftOut }: ColumnInfo): string {
  const column = `${shown(name)}: ${shown(type)}`;
  if (leftOut === 'pandas-index')
    return `${column}, the index of a pandas frame, left out unless --column names it`;
  if (leftOut === 'type-not-read') return `${column}, unsupported type, left out`;
  if (width === 0) return `${column}, holds no numbers, left out`;
  return `${column}, ${counted(width, 'column')} of the matrix`;
}

function fitSentence({ freeBytes, fits }: Fit, bytes: number): string {
  if (freeBytes === undefined) return 'the free memory is not known';
  const room = `${formatBytes(bytes)} needed, ${formatBytes(freeBytes)} free`;
  return `the dataset ${fits ? 'fits' : 'does not fit'} in memory: ${room}`;
}
