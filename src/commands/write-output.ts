import { closeSync, constants, openSync, rmSync, type Stats, statSync, writeFile } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { usageError } from '../errors.js';
import { systemReasonOf } from '../system-error.js';
import type { Terminal } from '../terminal.js';
import { type OutputFile, temporaryBeside } from './output-file.js';

/**
 * Writes a text. A file is replaced atomically: the text is written to a temporary file in the same folder and flushed to the disk,
 * and that file is then renamed. If a step fails, the existing file is unchanged. Throws a usage error if the text cannot be
 * written, because the path is the user's.
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
    throw usageError(path, `cannot be written (${systemReasonOf(cause)})`, {
      ...(kind === 'replaced' && { remedy: 'an existing file is unchanged' }),
      cause,
    });
  }
}

async function replace(target: string, text: string, terminal: Terminal): Promise<void> {
  const temporary = temporaryBeside(target);
  const before = statSync(target, { throwIfNoEntry: false });
  // The temporary file is removed however the process ends, even by a second Ctrl-C.
  const removeTemporary = terminal.undoAtExit(() => rmSync(temporary, { force: true }));
  try {
    // Created synchronously, so that no creation is under way if the process ends: it would come after the removal.
    closeSync(openSync(temporary, 'wx', before === undefined ? 0o666 : 0o600));
    const handle = await open(temporary, constants.O_WRONLY);
    if (before !== undefined) await keepOwner(handle, before);
    await writeTo(handle, text);
    await rename(temporary, target);
  } finally {
    removeTemporary();
  }
}

/** Gives a replacement the owner and the mode of the file that it replaces, so that root does not take over a user's file. */
async function keepOwner(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const made = await handle.stat();
  // A user who lacks the permission to change the owner keeps the new file.
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode & 0o777);
}

async function writeTo(handle: FileHandle, text: string): Promise<void> {
  try {
    // After a partial write, Node writes the rest until the system returns an error.
    await handle.writeFile(text);
    const stats = await handle.stat();
    if (stats.isFile()) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes through the descriptor itself, so the text follows what was written to it before. */
async function writeToDescriptor(descriptor: number, text: string, terminal: Terminal): Promise<void> {
  const { stdout, stderr, isReaderGone } = terminal;
  const stream = [undefined, stdout, stderr][descriptor];
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((done) => {
    if (stream === undefined) writeFile(descriptor, text, done);
    else stream.write(text, done);
  });
  if (error != null && !(stream !== undefined && isReaderGone(error))) throw error;
}
