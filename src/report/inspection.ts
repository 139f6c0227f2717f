import { type ColumnInfo, type DataFile, ELEMENT_BYTES, MAX_ELEMENTS } from '../data/dataset.js';
import type { Availability, DeviceInfo } from '../engine/engine.js';
import { formatBytes, formatInteger } from '../units.js';
import type { DataFormat, EngineName } from '../words.js';

/** Whether a dataset fits, as float32, in what is free of a memory now. */
export interface Fit {
  readonly freeBytes?: number;
  /** `null` where the free memory is not known. */
  readonly fits: boolean | null;
}

/** The same of a device. */
export interface DeviceFit extends Fit {
  readonly engine: EngineName;
  readonly device: string;
  /** All of its memory; absent where the device does not say. */
  readonly memoryBytes?: number;
}

/** An engine as it was found, and the free memory of each of its devices, where it is known. */
export interface FoundEngine {
  readonly name: EngineName;
  readonly availability: Availability;
  readonly freeBytes: readonly (number | undefined)[];
}

/** What `inspect` says of a file, from its header alone. */
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
  /** Of the matrix in memory, as float32. */
  readonly bytes: number;
  /** The type it is cast from by default; absent for float32. */
  readonly castFrom?: string;
  readonly columns?: readonly ColumnInfo[];
  /** The memory of this machine, which the matrix is loaded into. */
  readonly host: Fit;
  readonly devices: readonly DeviceFit[];
}

/** Puts a header beside the host and the devices that were found. */
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
  return {
    ...{ path, format, variety, shape, rows, cols, dtype, order, byteOrder, compression, fileBytes, bytes },
    ...(dtype !== 'float32' && { castFrom: dtype }),
    ...(columns && { columns }),
    host: fitIn(hostFreeBytes, bytes),
    devices: engines.flatMap(({ name, availability, freeBytes }) =>
      availability.available
        ? availability.devices.map((device, i) =>
            // A device that is no GPU works in the host's memory.
            fitOf(name, device, freeBytes[i] ?? (device.gpu ? undefined : hostFreeBytes), bytes),
          )
        : [],
    ),
  };
}

function fitIn(freeBytes: number | undefined, bytes: number): Fit {
  if (freeBytes === undefined) return { fits: null };
  return { freeBytes, fits: bytes <= freeBytes && bytes / ELEMENT_BYTES.float32 <= MAX_ELEMENTS };
}

function fitOf(
  engine: EngineName,
  { name, memoryBytes }: DeviceInfo,
  freeBytes: number | undefined,
  bytes: number,
): DeviceFit {
  return { engine, device: name, ...(memoryBytes && { memoryBytes }), ...fitIn(freeBytes, bytes) };
}

/** An inspection for people. */
export function renderInspection(inspection: Inspection): string {
  const { shape, rows, cols, dtype, bytes, fileBytes, castFrom, columns } = inspection;
  const lines: [string, string][] = [
    ['file', `${inspection.path}: ${inspection.format} ${inspection.variety}, ${formatBytes(fileBytes)}`],
    [
      'shape',
      `${shape.map(formatInteger).join(' × ')}, read as ${formatInteger(rows)} rows × ${formatInteger(cols)} columns`,
    ],
    [
      'dtype',
      `${dtype}, ${inspection.byteOrder}-endian, ${inspection.order}, compression ${inspection.compression}`,
    ],
    ['memory', `${formatBytes(bytes)} as float32${castFrom === undefined ? '' : ` (cast from ${castFrom})`}`],
    ...(columns ?? []).map((column): [string, string] => ['column', columnSentence(column)]),
    ['host', fitSentence('its memory', inspection.host, bytes)],
    ...inspection.devices.map((fit): [string, string] => [
      'device',
      `${fit.engine}: ${fitSentence(fit.device, fit, bytes)}`,
    ]),
  ];
  return lines.map(([label, text]) => `${label.padEnd(8)}${text}\n`).join('');
}

function columnSentence({ name, type, width, leftOut }: ColumnInfo): string {
  if (leftOut === 'pandas-index')
    return `${name}: ${type}, the index of a pandas frame, left out unless --column names it`;
  if (width === 0) return `${name}: ${type}, holds no numbers, left out`;
  return `${name}: ${type}, ${width} of the matrix's columns`;
}

function fitSentence(memory: string, { freeBytes, fits }: Fit, bytes: number): string {
  if (freeBytes === undefined) return `${memory}; how much of it is free is not known`;
  const room = `${formatBytes(bytes)} of ${formatBytes(freeBytes)} free`;
  return `${memory}; the dataset ${fits ? `fits, ${room}` : `does not fit, ${room}`}`;
}
