import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { arch } from 'node:os';

/** What is wrong with a file of a library: it is not there, it was cut short, or it was made for another system. */
export type ElfFault = 'absent' | 'damaged' | 'not-a-library';

const MAGIC = Buffer.from('\x7fELF', 'latin1');
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
/** PT_LOAD: the loader maps such a segment into memory. */
const LOADED = 1;
/** SHT_NULL and SHT_NOBITS: such a section has no bytes in the file. */
const WITHOUT_BYTES: readonly number[] = [0, 8];

/** EM_X86_64 and EM_AARCH64, by Node's names. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** The bytes of a file that begin at an offset; `undefined` where the file ends before they do. */
type ReadAt = (offset: number, bytes: number) => Buffer | undefined;

/**
 * Holds what the headers of a 64-bit ELF library name against the file's size, before the system's loader maps it: of a file that
 * ends too early the loader reads what is not there, and the process dies of a bus error. `undefined` where nothing is wrong, and
 * where the loader itself says what is: an empty file, one that is no ELF. Damage that leaves the size as it was is not seen.
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
    // Not to be read, such as a folder: the loader says so.
    return undefined;
  } finally {
    closeSync(file);
  }
}

function faultIn(read: ReadAt, size: number, machine: string): ElfFault | undefined {
  if (read(0, MAGIC.length)?.equals(MAGIC) !== true) return undefined;
  const header = read(0, HEADER_BYTES);
  if (header === undefined) return 'damaged';
  // 64 bits and the least significant byte first: all that pinbench's own process can be.
  if (header[4] !== 2 || header[5] !== 1) return 'not-a-library';
  const known = MACHINES[machine];
  if (known !== undefined && header.readUInt16LE(18) !== known) return 'not-a-library';
  const whole = segmentsAreWhole(header, read, size) && sectionsAreWhole(header, read, size);
  return whole ? undefined : 'damaged';
}

/** The segments are what the loader maps and reads. A library without any is none. */
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

/** The sections end the file: a file that lacks but its last bytes shows it here. A library may have been stripped of them. */
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
