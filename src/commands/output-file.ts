import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  fstatSync,
  readlinkSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeFile,
} from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { usageError } from '../errors.js';
import { readText } from '../small-file.js';
import type { Terminal } from '../terminal.js';

/** Where an output goes, as it was found before anything was measured. */
export interface OutputFile {
  /** As the user wrote it. */
  readonly path: string;
  /** The file itself, behind all symbolic links. */
  readonly target: string;
  /** A pipe or a device is written to, and so is what a descriptor of this process has open; a file is replaced. */
  readonly kind: 'replaced' | 'written to' | Descriptor;
  /** Which file it is, whatever it is called; a file that is not there yet is known by its folder and its name. */
  readonly identity: string;
}

/** A file that this process has open already, such as `/dev/stdout`. */
interface Descriptor {
  readonly descriptor: number;
}

/** As many links as Linux itself follows. */
const MOST_LINKS = 40;

/**
 * Looks at where an output shall go. Throws a usage error where it cannot be written, or where what is there is not to be replaced,
 * so that this is found before the measuring and not after it.
 */
export function outputFileAt(path: string): OutputFile {
  const { target, descriptor } = followed(path);
  if (descriptor !== undefined) return openAlready(path, target, descriptor);
  const stats = lookAt(path, target);
  if (stats === undefined) {
    const folder = mustBeFolder(path, dirname(target));
    mustAllowNewFiles(path, target);
    return { path, target, kind: 'replaced', identity: `${identityOf(folder)}/${basename(target)}` };
  }
  mustBeWritten(path, stats);
  if (stats.isSocket()) throw usageError(path, 'a socket', { expected: 'a file to write' });
  mustBeWritable(path, target, stats);
  const identity = identityOf(stats);
  if (!stats.isFile()) return { path, target, kind: 'written to', identity };
  mustAllowNewFiles(path, target);
  mustBeReplaceable(path, target, stats);
  return { path, target, kind: 'replaced', identity };
}

/** The identity of a file that is read; of none where there is no such file. Standard input is `-`. */
export function identityOfInput(path: string): string | undefined {
  try {
    const stats = path === '-' ? fstatSync(0) : statSync(path);
    return stats.isFile() ? identityOf(stats) : undefined;
  } catch {
    return undefined;
  }
}

/** Throws a usage error where an output would replace a file that is read, or another output. */
export function mustBeDistinct(outputs: readonly OutputFile[], inputs: readonly string[]): void {
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const identity = identityOfInput(input);
    if (identity !== undefined)
      taken.set(identity, input === '-' ? 'standard input' : `${input}, which is read`);
  }
  for (const { path, identity, kind } of outputs) {
    // What is appended to loses nothing, but for the data that is read from there.
    if (kind === 'written to') continue;
    const other = taken.get(identity);
    if (other !== undefined) {
      throw usageError(path, `it would overwrite ${other}`, {
        expected: 'a file of its own for each output',
      });
    }
    taken.set(identity, `${path}, which another output is written to`);
  }
}

/**
 * Writes a text. A file is replaced whole or not at all: the text goes to a temporary file beside it, every byte is on the disk
 * before the name is its own, and what was there stays where any of it fails. Throws a usage error, since the path is the user's.
 */
export async function writeOutput(
  { path, target, kind }: OutputFile,
  text: string,
  terminal: Terminal,
): Promise<void> {
  try {
    if (kind === 'replaced') await replace(target, text, terminal);
    else if (kind === 'written to') await writeTo(await open(target, constants.O_WRONLY), text);
    else await writeToDescriptor(kind.descriptor, text, terminal);
  } catch (cause) {
    const reason = reasonOf(cause as NodeJS.ErrnoException);
    throw usageError(path, `cannot be written (${reason})`, {
      ...(kind === 'replaced' && { remedy: 'what was there before is unchanged' }),
      cause,
    });
  }
}

async function replace(target: string, text: string, terminal: Terminal): Promise<void> {
  const temporary = join(dirname(target), `.pinbench-${randomBytes(6).toString('hex')}`);
  const before = statSync(target, { throwIfNoEntry: false });
  // However the process ends, by a second Ctrl-C too.
  const removeTemporary = terminal.undoAtExit(() => rmSync(temporary, { force: true }));
  try {
    const handle = await open(temporary, 'wx', before === undefined ? 0o666 : before.mode & 0o777);
    if (before !== undefined) await keepOwner(handle, before);
    await writeTo(handle, text);
    await rename(temporary, target);
  } finally {
    removeTemporary();
  }
}

/** A file that root writes over stays that of its owner. */
async function keepOwner(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const made = await handle.stat();
  // Who may not give a file away writes it as their own.
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode & 0o777);
}

async function writeTo(handle: FileHandle, text: string): Promise<void> {
  try {
    // Node writes on where the system took a part of it, until the system says why it takes no more.
    await handle.writeFile(text);
    const stats = await handle.stat();
    if (stats.isFile()) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Through the descriptor itself: what was written to it before stays in front. */
async function writeToDescriptor(descriptor: number, text: string, terminal: Terminal): Promise<void> {
  const { stdout, stderr, isReaderGone } = terminal;
  const stream = [undefined, stdout, stderr][descriptor];
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((done) => {
    if (stream === undefined) writeFile(descriptor, text, done);
    else stream.write(text, done);
  });
  if (error != null && !(stream !== undefined && isReaderGone(error))) throw error;
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOSPC') return 'ENOSPC, no space is left on its file system';
  if (code === 'EDQUOT') return 'EDQUOT, the quota of disk space is used up';
  return code ?? message;
}

/** Follows symbolic links to their end, which need not exist, or to a descriptor of this process. */
function followed(path: string): { target: string; descriptor?: number } {
  let target = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
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

/** What a path to an open file of this process looks like. */
const DESCRIPTOR = /^\/(?:dev|proc\/(?:self|thread-self))\/fd\/(\d{1,6})$/;

function openAlready(path: string, target: string, descriptor: number): OutputFile {
  try {
    const stats = fstatSync(descriptor);
    mustBeWritten(path, stats);
    const identity = identityOf(stats);
    // Standard output and standard error are streams, whatever they are. A pipe is opened anew, since its descriptor may not wait for
    // its reader.
    const isOwn = descriptor === 1 || descriptor === 2 || stats.isFile();
    if (!isOwn && stats.isSocket()) throw usageError(path, 'a socket', { expected: 'a file to write' });
    return { path, target, kind: isOwn ? { descriptor } : 'written to', identity };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EBADF') throw cause;
    throw usageError(path, `this process has no open file ${descriptor}`, { cause });
  }
}

function mustBeWritten(path: string, stats: Stats): void {
  if (stats.isDirectory()) throw usageError(path, 'a directory', { expected: 'a file to write' });
  if (stats.isBlockDevice()) throw usageError(path, 'a disk', { expected: 'a file to write' });
}

function lookAt(path: string, target: string): Stats | undefined {
  try {
    return statSync(target, { throwIfNoEntry: false });
  } catch (cause) {
    throw cannotBe(path, cause);
  }
}

function mustBeFolder(path: string, folder: string): Stats {
  try {
    const stats = statSync(folder);
    if (stats.isDirectory()) return stats;
  } catch (cause) {
    throw usageError(path, `its folder cannot be written to (${codeOf(cause)})`, { cause });
  }
  throw usageError(path, 'what should be its folder is a file', { expected: 'a file to write' });
}

/** A file is made beside it and takes its name. */
function mustAllowNewFiles(path: string, target: string): void {
  try {
    accessSync(dirname(target), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw usageError(path, `its folder cannot be written to (${codeOf(cause)})`, { cause });
  }
}

/** Whoever made a file read-only wants to keep it, and root is no exception. */
function mustBeWritable(path: string, target: string, { mode }: Stats): void {
  if ((mode & 0o222) === 0)
    throw usageError(path, 'a read-only file', { remedy: 'remove it, or write another' });
  try {
    accessSync(target, constants.W_OK);
  } catch (cause) {
    throw cannotBe(path, cause);
  }
}

/** A file under a mount cannot be renamed over, nor can another user's in a folder such as /tmp. */
function mustBeReplaceable(path: string, target: string, { uid }: Stats): void {
  if (isMountPoint(target)) {
    throw usageError(path, 'a file that is mounted by itself, which cannot be replaced', {
      remedy: 'mount its folder, or write another file',
    });
  }
  const folder = statSync(dirname(target));
  const me = userOfProcess();
  const isSticky = (folder.mode & 0o1000) !== 0;
  if (isSticky && me !== undefined && me !== 0 && me !== uid && me !== folder.uid) {
    throw usageError(path, "another user's file in a folder that lets nobody else replace it", {
      remedy: 'write another file',
    });
  }
}

/** Linux knows it by the owner of what it tells of the process. */
function userOfProcess(): number | undefined {
  return statSync('/proc/self', { throwIfNoEntry: false })?.uid;
}

/** Linux lists what is mounted where; a path's blanks and backslashes are in octal there. */
function isMountPoint(target: string): boolean {
  const mounts = readText('/proc/self/mountinfo') ?? '';
  // The text is read as bytes of Latin-1.
  const name = Buffer.from(join(realpathSync(dirname(target)), basename(target)), 'utf8')
    .toString('latin1')
    .replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return mounts.split('\n').some((line) => line.split(' ')[4] === name);
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function cannotBe(path: string, cause: unknown) {
  return usageError(path, `cannot be written (${codeOf(cause)})`, { cause });
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
}
