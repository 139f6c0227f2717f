import { spawn } from 'node:child_process';
import { PinbenchError } from './errors.js';
import { parseRecord } from './record/file.js';
import type { RunRecord } from './record/schema.js';
import { endGroupAtExit, endGroupOf } from './terminal.js';
import { formatDuration } from './units.js';

/** A `pinbench run` in a separate process. */
export interface ChildRun {
  /** The path of node. */
  readonly node: string;
  /** The path of the program: a `bin/pinbench.js`. */
  readonly program: string;
  /** Its working folder; default: the current one. */
  readonly folder?: string | undefined;
  /** The flags and the data file. */
  readonly args: readonly string[];
  /** The longest it may take, ns; default: unlimited. */
  readonly limitNs?: number | undefined;
  /** Ends the process, which has `GRACE_MS` to exit by itself. */
  readonly signal?: AbortSignal | undefined;
}

/** The record of a child, or why it has none: usually the last line that it printed. */
export type ChildOutcome =
  | { readonly record: RunRecord }
  | { readonly failed: string; readonly code: number | undefined };

/** A child that was asked to end and has not is killed after this time, ms. */
const GRACE_MS = 5000;
/** The end of standard error that is kept, characters. */
const MOST_SAID = 10_000;
/** The most that a child may print; every record is smaller, bytes. */
const MOST_PRINTED = 2 ** 28;
/** How long the pipes of a child that has exited are read: its own output is there at once, but others may hold them open, ms. */
const DRAIN_MS = 1000;

/** Runs a child to its end. Throws `interrupted` if the signal fires; the outcome describes all other failures. */
export async function childRun(request: ChildRun): Promise<ChildOutcome> {
  const { node, program, folder, args, limitNs, signal } = request;
  signal?.throwIfAborted();
  // These flags come first, because flags after -- are not parsed.
  const flags = ['--json', '-', '--quiet', '--no-progress', '--no-color'];
  const child = spawn(node, [program, 'run', ...flags, ...args], {
    ...(folder !== undefined && { cwd: folder }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a process group of its own, the child does not get the terminal's signals; the parent ends it.
    detached: true,
  });
  const forget = endGroupAtExit(child);
  const printed: Buffer[] = [];
  let printedBytes = 0;
  let said = '';
  let ended: string | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
  });
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => endGroupOf(child), GRACE_MS).unref();
  };
  const endAs = (reason: string) => {
    ended ??= reason;
    end();
  };
  child.stdout.on('data', (bytes: Buffer) => {
    printedBytes += bytes.length;
    if (printedBytes <= MOST_PRINTED) printed.push(bytes);
    else endAs('its output is larger than any record');
  });
  signal?.addEventListener('abort', end);
  const limit =
    limitNs === undefined
      ? undefined
      : setTimeout(() => endAs(`it did not end within ${formatDuration(limitNs)}`), limitNs / 1e6);
  const code = await new Promise<number | NodeJS.Signals>((done) => {
    child.on('error', ({ message }) => {
      said = message;
    });
    child.on('exit', () => {
      endGroupOf(child);
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MS).unref();
    });
    child.on('close', (exitCode, by) => done(exitCode ?? by ?? 1));
  });
  clearTimeout(limit);
  forget();
  signal?.removeEventListener('abort', end);
  if (signal?.aborted === true)
    throw new PinbenchError('interrupted', { subject: 'run', observed: 'interrupted' });
  if (ended !== undefined) return { failed: ended, code: undefined };
  if (code === 0) {
    try {
      return { record: parseRecord(program, Buffer.concat(printed).toString('utf8')) };
    } catch (error) {
      if (!(error instanceof PinbenchError)) throw error;
      return { failed: error.message, code: 0 };
    }
  }
  const [last = ''] = said.trimEnd().split('\n').slice(-1);
  return {
    failed:
      last.replace(/^pinbench: /, '') ||
      `it ended with ${typeof code === 'number' ? `exit code ${code}` : `the signal ${code}`}`,
    code: typeof code === 'number' ? code : undefined,
  };
}
