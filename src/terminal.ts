import type { ChildProcess } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { freemem } from 'node:os';
import process from 'node:process';
import { EXIT } from './errors.js';
import { availableHostBytes } from './host-memory.js';
import type { Screen } from './report/layout.js';
import { readText } from './small-file.js';
import type { Surroundings } from './surroundings.js';

/** What a command has of the world around it. The tests give their own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly surroundings: Surroundings;
  /**
   * Calls back at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. Returns what takes the listener
   * away again.
   */
  onInterrupt(listener: () => void): () => void;
  /** Whether an error of a write to standard output says no more than that its reader went away, as `| head` does. */
  isReaderGone(error: NodeJS.ErrnoException): boolean;
  /** Keeps what must be undone before the process ends, such as a hidden cursor. Returns what undoes it now, once. */
  undoAtExit(undo: () => void): () => void;
}

/** Signals that ask a process to end: Ctrl-C, a request to terminate, a terminal that closes. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The narrowest lines that a table is made for, and those where the width is not known, columns. */
const [NARROWEST, USUAL] = [60, 100];

/** What standard output is printed on. */
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

/** Whether standard output is to be coloured: by the command line, else by FORCE_COLOR, which Node puts before NO_COLOR, else on a terminal. */
export function usesColor(
  { color }: { readonly color: boolean },
  { stdout, surroundings }: Terminal,
): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = surroundings.env;
  if (!color) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb';
}

/** Whether somebody may be watching standard error, on a terminal where a line can be drawn over. */
export function isWatched({ stderr, surroundings }: Terminal): boolean {
  const { env } = surroundings;
  return stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

/**
 * The surroundings as a command sees them that looks at what is there and runs nothing of it: with `--verbose`, what native libraries
 * print is shown.
 */
export function surroundingsFor(
  { verbose }: { readonly verbose: boolean },
  { surroundings }: Terminal,
): Surroundings {
  return { ...surroundings, showsNativeOutput: verbose, loadsForeignCode: false };
}

/** The surroundings that this process is. */
export function surroundingsOfProcess(): Surroundings {
  return {
    env: process.env,
    nodeVersion: process.version,
    nodePath: process.execPath,
    showsNativeOutput: false,
    loadsForeignCode: true,
    cwd: () => process.cwd(),
    standardInput,
    // Node has a figure of its own from 20.13 on. It takes the cached files of a container for memory in use.
    availableMemoryBytes: () => availableHostBytes(readText) ?? process.availableMemory?.() ?? freemem(),
    setVariable(name, value) {
      process.env[name] = value;
    },
  };
}

/** Node takes a directory for an input that has ended. */
function standardInput(): NodeJS.ReadStream {
  if (fstatSync(0).isDirectory())
    throw Object.assign(new Error('standard input is a directory'), { code: 'EISDIR' });
  return process.stdin;
}

/** The terminal of this process. */
export function terminalOfProcess(): Terminal {
  const undos = new Set<() => void>();
  // However the process ends: by the exit code, by an uncaught error or by a second signal.
  process.once('exit', () => {
    for (const undo of undos) undo();
  });
  process.stderr.on('error', () => {});
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    // Every further write fails as well, and is told of no more than the first.
    process.stdout.on('error', () => {});
    if (isReaderGone(error)) return;
    process.stderr.write(`pinbench: standard output: cannot be written (${error.code})\n`);
    // What else is to be written is, and whatever came of it: no verdict has arrived.
    process.once('exit', () => {
      process.exitCode = EXIT.usage;
    });
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    surroundings: surroundingsOfProcess(),
    onInterrupt: listenForSignals,
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
 * A reader that goes away (`| head`, or a terminal that closes) is no error and changes nothing of the exit code. Anything
 * else, such as a full disk, ends the process with an exit code that is no verdict.
 */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY === true);
}

/** Ends a child process that was started detached, and with it the processes that it has started and left behind: its group. */
export function endGroupOf({ pid }: Pick<ChildProcess, 'pid'>): void {
  if (pid === undefined) return;
  try {
    // Windows has no groups.
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // None of them is left.
  }
}

/** What a `Terminal` of this process has as `onInterrupt`. */
export function listenForSignals(listener: () => void): () => void {
  let interrupted = false;
  const onSignal = () => {
    if (interrupted) process.exit(EXIT.interrupted);
    interrupted = true;
    listener();
  };
  for (const signal of ENDING) process.on(signal, onSignal);
  return () => {
    // Once interrupted, the command is on its way out, and a second signal still ends it with the same code.
    if (interrupted) return;
    for (const signal of ENDING) process.off(signal, onSignal);
  };
}
