import { type ColumnInfo, type DataFile, ELEMENT_BYTES, MAX_ELEMENTS } from '../data/dataset.js';
import type { Availability } from '../engine/engine.js';
import { formatBytes, formatInteger } from '../units.js';
import type { DataFormat, EngineName } from '../words.js';

/** Whether a dataset fits a device, as float32. */
export interface Fit {
  readonly engine: EngineName;
  readonly device: string;
  /** Absent where the device does not say. */
  readonly memoryBytes?: number;
  readonly fits: boolean | null;
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
  readonly devices: readonly Fit[];
}

/** Puts a header beside the devices that were found. */
export function inspectionOf(
  file: DataFile,
  engines: readonly { readonly name: EngineName; readonly availability: Availability }[],
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
    devices: engines.flatMap(({ name, availability }) =>
      availability.available ? availability.devices.map((device) => fitOf(name, device, bytes)) : [],
    ),
  };
}

function fitOf(engine: EngineName, device: { name: string; memoryBytes?: number }, bytes: number): Fit {
  const { name, memoryBytes } = device;
  if (memoryBytes === undefined) return { engine, device: name, fits: null };
  return {
    engine,
    device: name,
    memoryBytes,
    fits: bytes <= memoryBytes && bytes / ELEMENT_BYTES.float32 <= MAX_ELEMENTS,
  };
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
    ...(columns ?? []).map(({ name, type, width }): [string, string] => [
      'column',
      `${name}: ${type}, ${width === 0 ? 'not numeric, left out' : `${width} of the matrix's columns`}`,
    ]),
    ...inspection.devices.map((fit): [string, string] => ['device', fitSentence(fit, bytes)]),
  ];
  return lines.map(([label, text]) => `${label.padEnd(8)}${text}\n`).join('');
}

function fitSentence({ engine, device, memoryBytes, fits }: Fit, bytes: number): string {
  if (fits === null || memoryBytes === undefined) return `${engine}: ${device}; its memory is not known`;
  const room = `${formatBytes(bytes)} of ${formatBytes(memoryBytes)}`;
  return `${engine}: ${device}; ${fits ? `fits, ${room}` : `does not fit, ${room}: it can be fed, not kept there`}`;
}
