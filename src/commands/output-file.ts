import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { usageError } from '../errors.js';
import { readText } from '../small-file.js';
import { systemReasonOf } from '../system-error.js';

/** The destination of an output, examined before anything is measured. */
export interface OutputFile {
  /** The path as the user wrote it. */
  readonly path: string;
  /** The path of the file that all symbolic links lead to. */
  readonly target: string;
  /** How it is written: a file is replaced; pipes, devices and open descriptors of this process are written to. */
  readonly kind: 'replaced' | 'written to' | Descriptor;
  /** Equal for all paths of the same file: device and inode, or those of the folder and the name if there is no file yet. */
  readonly identity: string;
}

/** A file that this process already has open, such as `/dev/stdout`. */
interface Descriptor {
  readonly descriptor: number;
}

/** The number of symbolic links that Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * Resolves the path of an output. Throws a usage error if the file cannot be written or must not be replaced, so that the user
 * learns of it before the measurement.
 */
export function outputFileAt(path: string): OutputFile {
  if (path === '') throw usageError('an output', 'its path is empty', { expected: 'a file to write' });
  if (/[/\\]$/.test(path)) {
    throw usageError(path, 'the path of a folder', { expected: 'a file to write' });
  }
  const { target, descriptor } = followed(path);
  if (descriptor !== undefined) return outputAtDescriptor(path, target, descriptor);
  const stats = lookAt(path, target);
  if (stats === undefined) {
    const folder = mustBeFolder(path, dirname(target));
    mustAllowNewFiles(path, target);
    return { path, target, kind: 'replaced', identity: `${identityOf(folder)}/${basename(target)}` };
  }
  mustBeWritableKind(path, stats);
  if (stats.isSocket()) throw usageError(path, 'a socket', { expected: 'a file to write' });
  mustBeWritable(path, target, stats);
  const identity = identityOf(stats);
  if (!stats.isFile()) return { path, target, kind: 'written to', identity };
  mustAllowNewFiles(path, target);
  mustBeReplaceable(path, target, stats);
  return { path, target, kind: 'replaced', identity };
}

/** Follows symbolic links to a target, which need not exist, or to a descriptor of this process. */
function followed(path: string): { target: string; descriptor?: number } {
  let target = absolute(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const descriptor = DESCRIPTOR.exec(target)?.[1];
    if (descriptor !== undefined) return { target, descriptor: Number(descriptor) };
    let link: string;
    try {
      link = readlinkSync(target);
    } catch {
      return { target };
    }
    target = isAbsolute(link) ? link : join(dirname(target), link);
  }
  throw usageError(path, 'a symbolic link that leads back to itself', { expected: 'a file to write' });
}

function absolute(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    throw usageError(path, 'a path in a working folder that no longer exists', { cause });
  }
}

/** The path of an open descriptor of this process. */
const DESCRIPTOR = /^\/(?:dev|proc\/(?:self|thread-self))\/fd\/(\d{1,6})$/;

function outputAtDescriptor(path: string, target: string, descriptor: number): OutputFile {
  try {
    const stats = fstatSync(descriptor);
    mustBeWritableKind(path, stats);
    if ((stats.mode & constants.S_IFMT) === 0 || isReadOnly(descriptor)) {
      throw usageError(path, `file descriptor ${descriptor} is not open for writing`);
    }
    const identity = identityOf(stats);
    // Standard output and standard error are always written to as streams. A pipe is opened again, because its own descriptor may be
    // in non-blocking mode.
    const isOwn = descriptor === 1 || descriptor === 2 || stats.isFile();
    if (!isOwn && stats.isSocket()) throw usageError(path, 'a socket', { expected: 'a file to write' });
    return { path, target, kind: isOwn ? { descriptor } : 'written to', identity };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBADF') throw cause;
    throw usageError(path, `file descriptor ${descriptor} is not open`, { cause });
  }
}

/** Whether a descriptor is open for reading only. Linux lists its flags in octal; the lowest two bits are the access mode. */
function isReadOnly(descriptor: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readText(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) === constants.O_RDONLY;
}

function mustBeWritableKind(path: string, stats: Stats): void {
  if (stats.isDirectory()) throw usageError(path, 'a directory', { expected: 'a file to write' });
  if (stats.isBlockDevice()) throw usageError(path, 'a disk', { expected: 'a file to write' });
}

function lookAt(path: string, target: string): Stats | undefined {
  try {
    return statSync(target, { throwIfNoEntry: false });
  } catch (cause) {
    throw cannotBeWritten(path, cause);
  }
}

function mustBeFolder(path: string, folder: string): Stats {
  try {
    const stats = statSync(folder);
    if (stats.isDirectory()) return stats;
  } catch (cause) {
    throw usageError(path, `its folder cannot be written to (${systemReasonOf(cause)})`, { cause });
  }
  throw usageError(path, 'its folder is a file', { expected: 'a file to write' });
}

/**
 * Throws a usage error if the folder does not allow a new file to be created and removed, which replacing a file requires. Tries it
 * with an empty file, because the permissions do not show read-only mounts, `/proc`, or folders that only allow files to be added.
 */
function mustAllowNewFiles(path: string, target: string): void {
  const probe = temporaryBeside(target);
  try {
    closeSync(openSync(probe, 'wx'));
  } catch (cause) {
    throw usageError(path, `its folder cannot be written to (${systemReasonOf(cause)})`, { cause });
  }
  try {
    unlinkSync(probe);
  } catch (cause) {
    throw usageError(path, `files in its folder cannot be replaced (${systemReasonOf(cause)})`, {
      remedy: `write to another folder, and remove the empty file ${basename(probe)} that was left in this one`,
      cause,
    });
  }
}

/** A path for a temporary file in the same folder. */
export function temporaryBeside(target: string): string {
  return join(dirname(target), `.pinbench-${randomBytes(6).toString('hex')}`);
}

/** Throws a usage error for a read-only file, even if the user is root, and for a file that can only be appended to. */
function mustBeWritable(path: string, target: string, stats: Stats): void {
  if ((stats.mode & 0o222) === 0)
    throw usageError(path, 'a read-only file', { remedy: 'remove it, or write to another file' });
  try {
    // Opening a pipe would wait for its reader.
    if (stats.isFile()) closeSync(openSync(target, constants.O_WRONLY));
    else accessSync(target, constants.W_OK);
  } catch (cause) {
    throw cannotBeWritten(path, cause);
  }
}

/** Throws a usage error for a mount point and for another user's file in a sticky folder such as /tmp; no rename replaces them. */
function mustBeReplaceable(path: string, target: string, { uid }: Stats): void {
  if (isMountPoint(target)) {
    throw usageError(path, 'a mounted file, which cannot be replaced', {
      remedy: 'mount its folder instead, or write to another file',
    });
  }
  const folder = statSync(dirname(target));
  const me = userOfProcess();
  const isSticky = (folder.mode & 0o1000) !== 0;
  if (isSticky && me !== undefined && me !== 0 && me !== uid && me !== folder.uid) {
    throw usageError(path, "another user's file in a sticky folder, where only its owner can replace it", {
      remedy: 'write to another file',
    });
  }
}

/** The effective user of this process, which owns `/proc/self`; undefined where there is no `/proc`. */
function userOfProcess(): number | undefined {
  return statSync('/proc/self', { throwIfNoEntry: false })?.uid;
}

/** Whether a path is a mount point. Linux lists them with octal escapes for blanks and backslashes. */
function isMountPoint(target: string): boolean {
  const mounts = readText('/proc/self/mountinfo') ?? '';
  // `readText` decodes bytes as Latin-1.
  const name = Buffer.from(join(realpathSync(dirname(target)), basename(target)), 'utf8')
    .toString('latin1')
    .replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return mounts.split('\n').some((line) => line.split(' ')[4] === name);
}

/** Which file it is, whatever its name: its device and inode. */
export function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function cannotBeWritten(path: string, cause: unknown) {
  return usageError(path, `cannot be written (${systemReasonOf(cause)})`, { cause });
}
