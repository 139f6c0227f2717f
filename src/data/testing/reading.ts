import { getHeapStatistics } from 'node:v8';
import { crc32 } from 'node:zlib';
import { PinbenchError } from '../../errors.js';
import { openArrow } from '../arrow/arrow.js';
import type { ColumnInfo, Contents, LoadedMatrix, Values } from '../dataset.js';
import { asDataError } from '../fault.js';
import { NPY_MAGIC } from '../npy/header.js';
import { openNpy } from '../npy/npy.js';
import { openFile } from '../open.js';
import type { Scratch } from './scratch.js';

/** What was read from a file. Two readers must agree in every field. */
export interface Facts {
  readonly variety: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly rows: number;
  readonly cols: number;
  readonly columns: readonly ColumnInfo[];
  /** Checksums of the values as float32 and in the file's own type; all NaNs are treated as equal. */
  readonly float32: number;
  readonly native?: number;
}

/** How a reader handled a file. `broken` must never happen, whatever the file. */
export type Reading =
  | { readonly kind: 'accepted'; readonly facts: Facts }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'broken'; readonly why: string };

/** Opens and loads a file: as float32, and in its own type if it has one. */
export type Reader = (content: Uint8Array, scratch: Scratch) => Promise<Facts>;

const MAX_CPU_MS = 2000;
const MAX_BYTES = 64 * 2 ** 20;
const MAX_CHARACTERS = 400;

/**
 * Reads a file and checks what must hold for every file: limits on time and memory, and an error that is one short line of
 * pinbench's own.
 */
export async function readingOf(
  reader: Reader,
  content: Uint8Array,
  scratch: Scratch,
  mostCpuMs = MAX_CPU_MS,
): Promise<Reading> {
  const bytesBefore = memoryBytes();
  const began = performance.now();
  let reading: Reading;
  try {
    reading = { kind: 'accepted', facts: await reader(content, scratch) };
  } catch (error) {
    reading = refusalOf(error);
  }
  // Other processes may have used the processor. Measuring CPU time costs as much as a case, so it is done only when in doubt.
  if (performance.now() - began > mostCpuMs) {
    const cpuMs = await cpuTimeOf(() => reader(content, scratch));
    if (cpuMs > mostCpuMs) return broken(`${Math.round(cpuMs)} ms`);
  }
  const bytes = memoryBytes() - bytesBefore;
  if (bytes > MAX_BYTES) return broken(`${bytes} bytes of memory for a file of ${content.length}`);
  return reading;
}

async function cpuTimeOf(act: () => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage();
  await act().catch(() => {});
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

function refusalOf(error: unknown): Reading {
  if (!(error instanceof PinbenchError)) return broken(`threw ${error}`);
  const { code, message, subject, observed, expected, remedy } = error;
  if (code !== 'data' && code !== 'usage') return broken(`an error of code ${code}: ${message}`);
  if (/[\n\r]/.test(message)) return broken(`a message of several lines: ${JSON.stringify(message)}`);
  // Long messages are cut, but those of a well-worded error need no cutting.
  const characters = `${subject}: ${observed}; expected ${expected}; ${remedy}`.length;
  if (characters >= MAX_CHARACTERS) return broken(`a message of ${characters} characters: ${message}`);
  return { kind: 'refused', message };
}

const broken = (why: string): Reading => ({ kind: 'broken', why });

/** Bytes that JavaScript holds in its heap and outside it: arrays count before a page of them is touched. */
function memoryBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** The path that messages name instead of a real one. */
const CASE = 'case';

/** Reads from memory with the format's own reader; a file that is neither NPY nor clearly Arrow goes through `throughPath`. */
export const fromMemory: Reader = async (content, scratch) => {
  const open = openerOf(content);
  if (open === undefined) return throughPath(content, scratch);
  return asDataError(CASE, async () => factsOf(await open(content, scratch)));
};

type Opener = (content: Uint8Array, scratch: Scratch) => Promise<Contents>;

function openerOf(content: Uint8Array): Opener | undefined {
  if (content.length < 8) return undefined;
  const magic = Buffer.from(content.subarray(0, 6));
  if (magic.equals(NPY_MAGIC)) return (bytes, scratch) => openNpy(scratch.holding(bytes), bytes.length);
  const variety = magic.toString('latin1') === 'ARROW1' ? 'file' : 'stream';
  if (variety === 'stream' && magic.readUInt32LE() !== 0xffffffff) return undefined;
  return (bytes, scratch) => openArrow(scratch.holding(bytes), bytes.length, variety);
}

/** Reads a file by its path, as a program does. */
export const throughPath: Reader = async (content, scratch) => {
  scratch.write(content);
  const file = await openFile(scratch.path);
  try {
    return await factsOf(file);
  } finally {
    await file.close();
  }
};

interface Loadable extends Omit<Contents, 'load'> {
  load(options: { dtype: 'float32' | 'native' }): Promise<LoadedMatrix>;
}

async function factsOf(file: Loadable): Promise<Facts> {
  const { variety, dtype, shape, rows, cols, columns = [] } = file;
  const float32 = sumOf(await file.load({ dtype: 'float32' }));
  const native = dtype.includes('+') ? undefined : sumOf(await file.load({ dtype: 'native' }));
  return { variety, dtype, shape, rows, cols, columns, float32, ...(native !== undefined && { native }) };
}

function sumOf({ values, dtype }: LoadedMatrix): number {
  if (dtype === 'bool') return crc32(bytesOf((values as Uint8Array).map((value) => Number(value !== 0))));
  if (dtype === 'float32' || dtype === 'float64')
    return crc32(
      bytesOf((values as Float32Array).map((value) => (Number.isNaN(value) ? Number.NaN : value))),
    );
  return crc32(bytesOf(values));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Values) => Buffer.from(buffer, byteOffset, byteLength);
