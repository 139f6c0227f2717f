import { spawn } from 'node:child_process';
import { PinbenchError } from './errors.js';
import { parseRecord } from './record/file.js';
import type { RunRecord } from './record/schema.js';
import { endGroupOf } from './terminal.js';
import { formatDuration } from './units.js';

/** A `pinbench run` in a process of its own. */
export interface ChildRun {
  /** Path of node. */
  readonly node: string;
  /** Path of the program that is run: a `bin/pinbench.js`. */
  readonly program: string;
  /** Where it runs; the present folder where not given. */
  readonly folder?: string | undefined;
  /** The flags and the data file. */
  readonly args: readonly string[];
  /** Longest it may take, ns; without an end where not given. */
  readonly limitNs?: number | undefined;
  /** Ends the process, which is given the time to end itself. */
  readonly signal?: AbortSignal | undefined;
}

/** What a child left: its record, or why there is none, in the words of its last line. */
export type ChildOutcome =
  | { readonly record: RunRecord }
  | { readonly failed: string; readonly code: number | undefined };

/** A child that was asked to end and does not is ended after this, ms. */
const GRACE_MS = 5000;
/** More of standard error than anybody reads is not kept, characters. */
const MOST_SAID = 10_000;
/** A record is shorter, bytes. */
const MOST_PRINTED = 2 ** 28;
/** What a program that has ended left in its pipes is there at once. Whoever else holds them is not waited for, ms. */
const DRAIN_MS = 1000;

/** Runs it to its end. Throws `interrupted` where the signal fires; all else that goes wrong is told in the outcome. */
export async function childRun(request: ChildRun): Promise<ChildOutcome> {
  const { node, program, folder, args, limitNs, signal } = request;
  signal?.throwIfAborted();
  // In front, since what stands behind -- is no option.
  const flags = ['--json', '-', '--quiet', '--no-progress', '--no-color'];
  const child = spawn(node, [program, 'run', ...flags, ...args], {
    ...(folder !== undefined && { cwd: folder }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A signal of the terminal reaches the parent alone, which then ends its children one way.
    detached: true,
  });
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
    else endAs('it printed more than a record');
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
    failed: last.replace(/^pinbench: /, '') || `it ended with ${code}`,
    code: typeof code === 'number' ? code : undefined,
  };
}
