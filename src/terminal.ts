import type { ChildProcess } from 'node:child_process';
import { fstatSync, writeSync } from 'node:fs';
import { freemem } from 'node:os';
import process from 'node:process';
import { EXIT } from './errors.js';
import { availableHostBytes } from './host-memory.js';
import type { Screen } from './report/layout.js';
import { readText } from './small-file.js';
import type { Surroundings } from './surroundings.js';
import { systemReasonOf } from './system-error.js';

/** The streams, signals and surroundings of a command. Tests provide their own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly surroundings: Surroundings;
  /**
   * Calls `listener` at the first SIGINT, SIGTERM or SIGHUP; a second signal ends the process at once. Returns a function that
   * removes the listener.
   */
  onInterrupt(listener: () => void): () => void;
  /**
   * Lets short work, such as writing a file, finish although a signal arrives. If it takes longer than a second after that, or if a
   * second signal arrives, the process ends. Returns a function that stops listening and tells whether a signal arrived.
   */
  holdSignals(): () => boolean;
  /** Whether a write error on standard output only means that the reader closed it, as `| head` does. */
  isReaderGone(error: NodeJS.ErrnoException): boolean;
  /**
   * Registers a function that runs before the process ends, for example to show the cursor. Returns a function that runs it now,
   * once.
   */
  undoAtExit(undo: () => void): () => void;
}

/** Signals that ask the process to end: Ctrl-C, a termination request, a closed terminal. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The smallest width of a table, and the width if that of the terminal is not known, in columns. */
const [NARROWEST, USUAL] = [60, 100];

/** The colour, width and kind of the screen that standard output is printed on. */
export function screenOf(how: { readonly color: boolean }, terminal: Terminal): Screen {
  const { stdout, surroundings } = terminal;
  const told = /^[1-9]\d{0,4}$/.test(surroundings.env.COLUMNS ?? '')
    ? Number(surroundings.env.COLUMNS)
    : undefined;
  const width = told ?? (stdout.isTTY === true ? stdout.columns : undefined) ?? USUAL;
  return {
    color: usesColor(how, terminal),
    width: Math.max(NARROWEST, width),
    watched: stdout.isTTY === true && surroundings.env.TERM !== 'dumb',
  };
}

/**
 * Whether standard output is coloured. The command line decides first, then FORCE_COLOR, which in Node overrides NO_COLOR, then
 * whether it is a terminal.
 */
export function usesColor(
  { color }: { readonly color: boolean },
  { stdout, surroundings }: Terminal,
): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = surroundings.env;
  if (!color) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb';
}

/** Whether standard error is an interactive terminal on which a line can be redrawn. */
export function isWatched({ stderr, surroundings }: Terminal): boolean {
  const { env } = surroundings;
  return stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

/**
 * The surroundings for a command that only inspects engines and must not load packages of the working folder. With `--verbose` the
 * output of native libraries is shown.
 */
export function surroundingsFor(
  { verbose }: { readonly verbose: boolean },
  { surroundings }: Terminal,
): Surroundings {
  return { ...surroundings, showsNativeOutput: verbose, loadsForeignCode: false };
}

/** The surroundings of this process. */
export function surroundingsOfProcess(): Surroundings {
  return {
    env: process.env,
    nodeVersion: process.version,
    nodePath: process.execPath,
    showsNativeOutput: false,
    loadsForeignCode: true,
    cwd: () => process.cwd(),
    standardInput,
    // Node has its own figure from 20.13 on, but it counts the cached files of a container as used memory.
    availableMemoryBytes: () => availableHostBytes(readText) ?? process.availableMemory?.() ?? freemem(),
    ...(process.env[TURNS] === '1' && process.connected && { turn: askForTurn }),
    setVariable(name, value) {
      process.env[name] = value;
    },
  };
}

/** The standard input. Throws `EISDIR` for a directory, which Node would treat as an empty input. */
function standardInput(): NodeJS.ReadStream {
  if (fstatSync(0).isDirectory())
    throw Object.assign(new Error('standard input is a directory'), { code: 'EISDIR' });
  return process.stdin;
}

/** The terminal of this process. */
export function terminalOfProcess(): Terminal {
  const undos = new Set<() => void>();
  // The `exit` event covers every end of the process: an exit code, an uncaught error or a second signal.
  process.once('exit', () => {
    for (const undo of undos) undo();
  });
  if (process.env[TURNS] !== undefined) endWithParent();
  writeWhole(process.stdout);
  process.stderr.on('error', () => {});
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    // Every further write fails as well, but only the first error is reported.
    process.stdout.on('error', () => {});
    if (isReaderGone(error)) return;
    process.stderr.write(`pinbench: standard output: cannot be written (${systemReasonOf(error)})\n`);
    // The command still writes its other output, but its exit code must not look like a verdict that was printed.
    process.once('exit', () => {
      process.exitCode = EXIT.usage;
    });
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    surroundings: surroundingsOfProcess(),
    onInterrupt: listenForSignals,
    holdSignals,
    isReaderGone,
    undoAtExit(undo) {
      undos.add(undo);
      return () => {
        if (undos.delete(undo)) undo();
      };
    },
  };
}

/**
 * Whether the reader of standard output closed it (`| head`, or a closed terminal), which is no error and does not change the exit
 * code. Any other error, such as a full disk, gives the exit code of a usage error, which is not a verdict.
 */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY === true);
}

/** Node writes to a file with one call, and ignores it if the system took only a part because a disk or a limit is full. */
function writeWhole(stream: typeof process.stdout): void {
  if (!fstatSync(stream.fd).isFile()) return;
  stream._write = (chunk: Buffer, _, done) => {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(stream.fd, chunk, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/** The environment variable that tells a process that pinbench started it: `1` if it must ask its parent for turns, otherwise `0`. */
export const TURNS = 'PINBENCH_TURNS';

/** Ends this process when its parent ends, however that happens: the channel between them then closes. */
function endWithParent(): void {
  const end = () => process.exit(EXIT.interrupted);
  // The parent may have ended while this process was starting. Without a channel, the property is undefined.
  if (process.connected === false) end();
  process.once('disconnect', end);
  // The parent keeps the channel open until this process has ended.
  process.channel?.unref();
}

/** The implementation of `Surroundings.turn`. Any message of the parent is the permission. */
function askForTurn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    const settle = () => {
      process.off('message', settle);
      signal?.removeEventListener('abort', settle);
      process.channel?.unref();
      done();
    };
    process.on('message', settle);
    signal?.addEventListener('abort', settle);
    process.channel?.ref();
    if (signal?.aborted === true) settle();
    // If the parent has just ended, it cannot be asked, and this process ends too.
    else process.send?.('turn', () => {});
  });
}

/** Kills a child process that was started detached, together with its process group: the processes that it started. */
export function endGroupOf({ pid }: Pick<ChildProcess, 'pid'>): void {
  if (pid === undefined) return;
  try {
    // Windows has no process groups.
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

/** Kills a child's process group when this process ends, however it ends. Returns a function that undoes this. */
export function endGroupAtExit(child: Pick<ChildProcess, 'pid'>): () => void {
  const end = () => endGroupOf(child);
  process.once('exit', end);
  return () => process.off('exit', end);
}

/** How long work under `holdSignals` may continue after a signal, ms: it may wait for ever for the reader of a pipe. */
const HELD_MS = 1000;

/** The implementation of `Terminal.holdSignals` for this process. */
function holdSignals(): () => boolean {
  let signalled = false;
  const onSignal = () => {
    if (signalled) process.exit(EXIT.interrupted);
    signalled = true;
    setTimeout(() => process.exit(EXIT.interrupted), HELD_MS).unref();
  };
  for (const signal of ENDING) process.on(signal, onSignal);
  return () => {
    for (const signal of ENDING) process.off(signal, onSignal);
    return signalled;
  };
}

/** The implementation of `Terminal.onInterrupt` for this process. */
export function listenForSignals(listener: () => void): () => void {
  let interrupted = false;
  const onSignal = () => {
    if (interrupted) process.exit(EXIT.interrupted);
    interrupted = true;
    listener();
  };
  for (const signal of ENDING) process.on(signal, onSignal);
  return () => {
    // After the first signal the command is stopping, and a second signal must still end it with the same code.
    if (interrupted) return;
    for (const signal of ENDING) process.off(signal, onSignal);
  };
}
