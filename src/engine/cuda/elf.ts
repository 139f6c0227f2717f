import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { arch } from 'node:os';

/** What is wrong with a library file: it does not exist, it is truncated, or it was built for another system. */
export type ElfFault = 'absent' | 'damaged' | 'not-a-library';

const MAGIC = Buffer.from('\x7fELF', 'latin1');
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
/** PT_LOAD: a segment that the loader maps into memory. */
const LOADED = 1;
/** SHT_NULL and SHT_NOBITS: sections that have no bytes in the file. */
const WITHOUT_BYTES: readonly number[] = [0, 8];

/** EM_X86_64 and EM_AARCH64, keyed by Node's names of the architectures. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** Reads bytes of a file from an offset; `undefined` if the file ends before the last of them. */
type ReadAt = (offset: number, bytes: number) => Buffer | undefined;

/**
 * Compares the sizes in the headers of a 64-bit ELF library with the file's size before the loader maps it: mapping a truncated
 * file kills the process with SIGBUS. `undefined` if nothing is wrong, and for faults that the loader itself reports, such as an
 * empty file or one that is not ELF. Damage that does not change the size is not detected.
 */
export function elfFault(path: string, machine: string = arch()): ElfFault | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return 'absent';
  }
  try {
    const { size } = fstatSync(file);
    const read: ReadAt = (offset, bytes) => {
      if (!(offset + bytes <= size)) return undefined;
      const buffer = Buffer.alloc(bytes);
      return readSync(file, buffer, 0, bytes, offset) === bytes ? buffer : undefined;
    };
    return faultIn(read, size, machine);
  } catch {
    // The path cannot be read, for instance a folder: the loader reports it.
    return undefined;
  } finally {
    closeSync(file);
  }
}

function faultIn(read: ReadAt, size: number, machine: string): ElfFault | undefined {
  if (read(0, MAGIC.length)?.equals(MAGIC) !== true) return undefined;
  const header = read(0, HEADER_BYTES);
  if (header === undefined) return 'damaged';
  // pinbench's own process is always 64-bit and little-endian.
  if (header[4] !== 2 || header[5] !== 1) return 'not-a-library';
  const known = MACHINES[machine];
  if (known !== undefined && header.readUInt16LE(18) !== known) return 'not-a-library';
  const whole = segmentsAreWhole(header, read, size) && sectionsAreWhole(header, read, size);
  return whole ? undefined : 'damaged';
}

/** Whether the file contains all segments, which the loader maps and reads. A library has at least one. */
function segmentsAreWhole(header: Buffer, read: ReadAt, size: number): boolean {
  const [entryBytes, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
  if (entryBytes < SEGMENT_BYTES || count === 0) return false;
  const table = read(number64(header, 32), entryBytes * count);
  if (table === undefined) return false;
  return range(count).every((index) => {
    const at = index * entryBytes;
    if (table.readUInt32LE(at) !== LOADED) return true;
    return number64(table, at + 8) + number64(table, at + 32) <= size;
  });
}

/**
 * Whether the file contains all sections. They are at its end, so that even a missing last byte is detected. A stripped library
 * has none.
 */
function sectionsAreWhole(header: Buffer, read: ReadAt, size: number): boolean {
  const begin = number64(header, 40);
  const [entryBytes, count] = [header.readUInt16LE(58), header.readUInt16LE(60)];
  if (begin === 0 || count === 0) return true;
  if (entryBytes < SECTION_BYTES) return false;
  const table = read(begin, entryBytes * count);
  if (table === undefined) return false;
  return range(count).every((index) => {
    const at = index * entryBytes;
    if (WITHOUT_BYTES.includes(table.readUInt32LE(at + 4))) return true;
    return number64(table, at + 24) + number64(table, at + 32) <= size;
  });
}

function number64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
